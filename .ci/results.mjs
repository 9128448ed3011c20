// What Jest's results say: `node .ci/results.mjs <command> <results.json...>`.
import { existsSync, readFileSync } from 'node:fs';

/** As many files can fail of a machine that stalled for seconds. More is no matter of luck. */
const LUCK = 12;
/** Lines of a failure that the summary repeats; the output above it has all of them, but may be cut. */
const LINES = 12;

const read = (file) => JSON.parse(readFileSync(file, 'utf8'));
const failedFiles = (results) => [
  ...new Set(results.testResults.filter(({ status }) => status === 'failed').map(({ name }) => name)),
];

/** Names the failures of a file, each with the beginning of its message: its tests, or the file, if none could be run. */
const failuresOf = ({ name, assertionResults, message }) => {
  const failed = assertionResults.filter(({ status }) => status === 'failed');
  const texts = failed.map(({ fullName, failureMessages }) => [fullName, failureMessages.join('\n')]);
  if (failed.length === 0) texts.push(['could not be run', message]);
  return texts.map(([title, text]) => {
    const lines = text.split('\n').slice(0, LINES);
    return [`${name} › ${title}`, ...lines.map((line) => `    ${line.slice(0, 400)}`)].join('\n');
  });
};

const withStatus = (results, wanted) =>
  results.flatMap(({ assertionResults }) => assertionResults).filter(({ status }) => status === wanted)
    .length;

const commands = {
  /** Prints the files to run once more, one a line; nothing if there are too many of them. */
  failed([file]) {
    const files = failedFiles(read(file));
    if (files.length <= LUCK) console.log(files.join('\n'));
  },

  /**
   * Prints what failed, and one plain line about all suites, in which a file that was run twice counts as it was the
   * second time. Fails if a test failed, or if a suite had none.
   */
  tally(files) {
    let [passed, skipped] = [0, 0];
    const unsteady = [];
    const failures = [];
    let isComplete = files.length > 0;
    for (const file of files) {
      const first = read(file);
      const second = existsSync(`${file}.again`) ? read(`${file}.again`) : { testResults: [] };
      const names = new Set(second.testResults.map(({ name }) => name));
      const results = [...first.testResults.filter(({ name }) => !names.has(name)), ...second.testResults];
      unsteady.push(
        ...failedFiles(first).filter((name) => names.has(name) && !failedFiles(second).includes(name)),
      );
      failures.push(...results.filter(({ status }) => status === 'failed').flatMap(failuresOf));
      passed += withStatus(results, 'passed');
      skipped += withStatus(results, 'pending') + withStatus(results, 'todo');
      isComplete &&= withStatus(results, 'passed') > 0;
    }
    if (unsteady.length > 0) console.log(`Passed only the second time:\n${unsteady.join('\n')}`);
    if (failures.length > 0) console.log(`Failed:\n${failures.join('\n')}`);
    console.log(
      `Tests: ${passed} passed, ${failures.length} failed` + (skipped ? `, ${skipped} skipped` : ''),
    );
    process.exitCode = failures.length > 0 || !isComplete ? 1 : 0;
  },
};

const [command, ...files] = process.argv.slice(2);
commands[command](files);
