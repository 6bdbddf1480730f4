// @ts-check
import "./elements/combobox.js";
import "./elements/dialog.js";
import "./elements/dismiss.js";
import "./elements/results.js";
