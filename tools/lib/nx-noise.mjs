// What Nx prints around tasks, and jest after tests, on every run: nothing that anybody needs to read.
const NOISE = [
  /^> (nx run \S+(:build|:bundle)?( {2}\[local cache\])?|node \.\.\/\S.*)$/,
  /^ NX {3}(Running|Successfully ran) target/,
  /^- [a-z0-9-]+$/,
  /^Nx read the output from the cache/,
  /^ {2}(Run duration|Cache|Critical path|Recoverable time): /,
  /^(Snapshots: {3}0 total|Ran all test suites|Test results written to: )/,
  /^ {2}Recommendations?:/,
  /^ {4}- Speed up or split/,
  /^ {8}[a-z0-9-]+:[a-z0-9-]+ +\d/,
  /: no (unit|int|e2e) tests$/,
  /^$/,
];

/** @param {string} line */
function isNoise(line) {
  // eslint-disable-next-line no-control-regex -- colours are there on a terminal
  const plain = line.replace(/\u001b\[[0-9;]*m|\r/g, '');
  return NOISE.some((pattern) => pattern.test(plain));
}

/** @param {string} text @returns {string} the lines worth reading */
export function worthReading(text) {
  return text
    .split('\n')
    .filter((line) => !isNoise(line))
    .join('\n');
}

/**
 * @param {(text: string) => void} write
 * @returns {(text: string) => void} takes text as it comes and passes on the lines worth reading
 */
export function withoutNxNoise(write) {
  let rest = '';
  return (text) => {
    const lines = (rest + text).split('\n');
    rest = lines.pop() ?? '';
    for (const line of lines) if (!isNoise(line)) write(`${line.replace('\r', '')}\n`);
  };
}
