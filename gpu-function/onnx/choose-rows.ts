/** How many rows of a batch a network is given at once: all of them where memory allows, as that is quicker. */

/** Heads and bytes of an attention over all cells, which is what takes most memory in a U-Net without fused kernels. */
const ATTENTION_BYTES = 8 * 4;
/** Channels, bytes and planes that live at the same time at full size. */
const PLANES_BYTES = 320 * 4 * 16;
/** The rest of the machine wants memory too. */
const AVAILABLE_SHARE = 0.5;

/** @param cells height × width of the latents @returns at least 1, at most `rows`; parts of nearly equal size */
export function chooseRows(rows: number, cells: number, availableBytes: number): number {
  const rowBytes = ATTENTION_BYTES * cells ** 2 + PLANES_BYTES * cells;
  const fitting = Math.floor((availableBytes * AVAILABLE_SHARE) / rowBytes);
  if (fitting >= rows) return rows;
  return Math.ceil(rows / Math.ceil(rows / Math.max(1, fitting)));
}
