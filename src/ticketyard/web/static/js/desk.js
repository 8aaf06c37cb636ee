// Everything here makes a page quicker to use; each page also works without it.
import "./theme.js";
import "./dialogs.js";
import "./once.js";
import { watchKeys } from "./keyboard.js";
import { watchQueue } from "./queue.js";
import { watchComposer } from "./composer.js";
import { watchDrops } from "./drops.js";
import { watchBoard } from "./board.js";
import { watchReview } from "./review.js";

watchQueue();
watchComposer();
watchDrops();
watchBoard();
watchReview();
watchKeys();
