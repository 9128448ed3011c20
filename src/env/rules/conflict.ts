import type { SettingName, SettingValues } from '../settings/settings.js';

/** Which setting to name, what to say after its name, and when. */
export type Conflict = readonly [
  name: SettingName,
  demand: string,
  isBroken: (values: SettingValues) => boolean,
];
