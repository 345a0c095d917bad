/** What this version writes and reads of bundles; raised whenever an older reader or an older file would be misread. */
export const bundleFormat = 5;
