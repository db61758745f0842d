/** The door: anywidget calls `initialize` once for each panel and `render` for each place where it is shown. */

import type { Model, Undo } from "./host";
import style from "./panel.css";
import { ConfusionView } from "./panel";
import { Store } from "./store";

const stores = new WeakMap<object, Store>();

/** anywidget hands every view a model object of its own; what they hold is one, so that says which panel it is. */
function storeOf(model: Model): Store {
  const key = model.get<object>("words");
  let store = stores.get(key);
  if (!store) stores.set(key, (store = new Store(model)));
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
      stores.delete(model.get<object>("words"));
    };
  },
  render({ model, el }: { model: Model; el: HTMLElement }): Undo {
    dress();
    const view = new ConfusionView(model, storeOf(model), el);
    return () => view.close();
  },
};
