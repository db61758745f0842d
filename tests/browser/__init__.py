"""JupyterLab in a real Chromium: what a person sees."""
