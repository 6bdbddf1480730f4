// @ts-check
import "./elements/combobox.js";
import "./elements/dialog.js";
import "./elements/results.js";
