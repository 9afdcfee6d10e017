// One line per step: `label … 3.2 s`. On a terminal the seconds count while the step runs.

const tty = process.stdout.isTTY === true;
/** @param {string} codes @param {string} text */
const style = (codes, text) => (tty && !process.env.NO_COLOR ? `\u001b[${codes}m${text}\u001b[0m` : text);

/** @param {string} text */
export const bold = (text) => style('1', text);
/** @param {string} text */
export const dim = (text) => style('2', text);
/** @param {string} text */
export const red = (text) => style('31', text);
/** @param {string} text */
export const green = (text) => style('32', text);
/** @param {string} text */
export const yellow = (text) => style('33', text);

/**
 * Shows one step while it runs.
 * @template T
 * @param {string} label
 * @param {(note: (text: string) => void) => Promise<T>} work `note` replaces what stands beside the label
 * @returns {Promise<T>} what the work gives; when it fails the line says so and the error is thrown on
 */
export async function step(label, work) {
  const startedAt = Date.now();
  let beside = '';
  const seconds = () => `${((Date.now() - startedAt) / 1000).toFixed(1)} s`;
  const draw = () => process.stdout.write(`\r\u001b[2K${dim('·')} ${label} ${dim([beside, seconds()].filter(Boolean).join(', '))}`);
  const timer = tty ? setInterval(draw, 200) : undefined;
  if (tty) draw();
  const end = (/** @type {string} */ mark) => {
    clearInterval(timer);
    process.stdout.write(`${tty ? '\r\u001b[2K' : ''}${mark} ${label} ${dim([beside, seconds()].filter(Boolean).join(', '))}\n`);
  };
  try {
    const result = await work((text) => (beside = text));
    end(green('✓'));
    return result;
  } catch (error) {
    end(red('✗'));
    throw error;
  }
}
