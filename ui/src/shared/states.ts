/** Icon and name of each status; a new status fails the build. */

import type { Job, Status } from "../api/types";

export interface Look {
  word: string;
  /** SVG path on a 16-unit grid; dots are filled, lines are stroked. */
  icon: string;
  isFilled: boolean;
}

export const STATES = {
  queued: { word: "queued", icon: "M8 3a5 5 0 1 0 0 10a5 5 0 1 0 0-10M8 5.5V8l1.7 1.2", isFilled: false },
  running: { word: "running", icon: "M8 4a4 4 0 1 0 0 8a4 4 0 1 0 0-8", isFilled: true },
  cancelling: {
    word: "cancelling",
    icon: "M8 3a5 5 0 1 0 0 10a5 5 0 1 0 0-10M6.2 6.2h3.6v3.6H6.2z",
    isFilled: false,
  },
  completed: { word: "completed", icon: "M3.5 8.5l3 3l6-7", isFilled: false },
  failed: { word: "failed", icon: "M4 4l8 8M12 4l-8 8", isFilled: false },
  cancelled: { word: "cancelled", icon: "M8 3a5 5 0 1 0 0 10a5 5 0 1 0 0-10M4.5 4.5l7 7", isFilled: false },
} as const satisfies Record<Status, Look>;

export const STATUSES = Object.keys(STATES) as Status[];
export const STARTERS = {
  dashboard: "the dashboard",
  api: "the API or the CLI",
  schedule: "a schedule",
  prefect: "Prefect",
  process: "a notebook or the CLI",
} as const satisfies Record<NonNullable<Job["started_by"]>, string>;
export const SHORT_STARTERS = {
  dashboard: "dashboard",
  api: "API",
  schedule: "schedule",
  prefect: "Prefect",
  process: "CLI, notebook",
} as const satisfies Record<NonNullable<Job["started_by"]>, string>;
export const MODES = { big: "Big", quick: "Quick", deep: "Deep" } as const;
