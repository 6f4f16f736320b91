/** What all that is drawn by lot is drawn with: the same for the same seed. */
export const SEED = Number(process.env['SEED'] ?? 1);
