/** Whether fingers are expected: where tokens.css sets `--touch`. Rows are then as high as a finger needs. */

import { MediaQuery } from "svelte/reactivity";

const fingers = new MediaQuery("(pointer: coarse), (max-width: 40rem)");

/** The height of a row of text with the line below it, in rem. */
export const lineHeight = (): number => (fingers.current ? 2.8125 : 2);
