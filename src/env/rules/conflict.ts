import type { SettingName, SettingValues } from '../settings/settings.js';

/** Invalid combination of settings: the setting to name, the rest of the sentence, and the condition. */
export type Conflict = readonly [
  name: SettingName,
  demand: string,
  isBroken: (values: SettingValues) => boolean,
];
