"""Live pictures in the notebook: controls and a picture of a record, drawn in the browser; the saved face beside it."""
