/** The door: anywidget calls `initialize` once for each panel and `render` for each place where it is shown. */

import type { Model, Undo } from "./host";
import style from "./panel.css";
import { ConfusionView } from "./panel";
import { Store } from "./store";

const stores = new WeakMap<Model, Store>();

function storeOf(model: Model): Store {
  let store = stores.get(model);
  if (!store) stores.set(model, (store = new Store(model)));
  return store;
}

function dress(): void {
  if (document.getElementById("nbperf-panels")) return;
  const sheet = document.createElement("style");
  sheet.id = "nbperf-panels";
  sheet.textContent = style;
  document.head.append(sheet);
}

export default {
  initialize({ model }: { model: Model }): Undo {
    const store = storeOf(model);
    return () => {
      store.close();
      stores.delete(model);
    };
  },
  render({ model, el }: { model: Model; el: HTMLElement }): Undo {
    dress();
    const view = new ConfusionView(model, storeOf(model), el);
    return () => view.close();
  },
};
