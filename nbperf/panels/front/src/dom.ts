/** Elements, made of text and never of markup: what users named cannot become part of the page. */

type Attributes = Readonly<Record<string, string>>;

export function element<K extends keyof HTMLElementTagNameMap>(tag: K, attributes: Attributes = {}, ...children: (Node | string)[]): HTMLElementTagNameMap[K] {
  const made = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) made.setAttribute(name, value);
  made.append(...children);
  return made;
}

/** Say it if it is new: an element that is written anew is laid out anew. */
export function write(into: Element, text: string): void {
  if (into.textContent !== text) into.textContent = text;
}

/** What a screen reader says of a picture. */
export function label(of: Element, text: string): void {
  if (of.getAttribute("aria-label") !== text) of.setAttribute("aria-label", text);
}
