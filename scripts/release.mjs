/*
 * `npm run release -- <version> [--dry-run]`: cuts a release in this repository. It checks the working tree, the branch and the changelog,
 * sets the version, dates the changelog's part `Unreleased`, makes the documents anew that hold the version, commits and tags.
 * It asks no registry and pushes nothing. Whatever it refuses or cannot finish leaves the tree as it was.
 */
import { execFileSync } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';

const BRANCH = 'main';
const CHANGELOG = 'CHANGELOG.md';
const USAGE =
  'Usage: npm run release -- <version> [--dry-run], where <version> is patch, minor, major or a number such as 0.2.0.';
const STEPS = ['patch', 'minor', 'major'];

/** Why no release is made, as a sentence for the person who asked. */
class Refused extends Error {}

/** What a git command printed. It fails with the error text of git. */
function git(...parameters) {
  return execFileSync('git', parameters, { encoding: 'utf8', stdio: ['ignore', 'pipe', 'pipe'] }).trim();
}

/** True when the git command succeeds. */
function gitSays(...parameters) {
  try {
    git(...parameters);
    return true;
  } catch {
    return false;
  }
}

/** The three numbers of a version; null when the text is no such version. */
function numbersOf(version) {
  const found = /^(0|[1-9]\d*)\.(0|[1-9]\d*)\.(0|[1-9]\d*)$/.exec(version);
  return found === null ? null : found.slice(1).map(Number);
}

/** The version that is asked for, by number or by the part that grows. */
function nextVersion(current, wanted) {
  const before = numbersOf(current);
  if (before === null) throw new Refused(`The version in package.json is ${current}. It must be three numbers, such as 0.1.0.`);
  const step = STEPS.indexOf(wanted);
  const [major, minor, patch] = before;
  if (step >= 0) return [`${major}.${minor}.${patch + 1}`, `${major}.${minor + 1}.0`, `${major + 1}.0.0`][step];
  const after = numbersOf(wanted);
  if (after === null) throw new Refused(`${wanted} is no version. ${USAGE}`);
  const at = after.findIndex((number, index) => number !== before[index]);
  if (at < 0 || after[at] < before[at]) throw new Refused(`${wanted} is not above the version in package.json, ${current}.`);
  return wanted;
}

/** Only a commit that everybody has can be released: the branch `main`, with nothing beside it. */
function checkTree() {
  if (!gitSays('rev-parse', '--is-inside-work-tree')) throw new Refused('This folder is no git repository.');
  const branch = git('branch', '--show-current') || 'no branch';
  if (branch !== BRANCH) throw new Refused(`You are on ${branch}. Releases are made on ${BRANCH}: git switch ${BRANCH}.`);
  const changed = git('status', '--porcelain');
  if (changed !== '') throw new Refused(`The working tree has changes. Commit or stash them first:\n${changed}`);
}

/** The changelog with its part `Unreleased` under the version and the date, and what that part says. */
function cutChangelog(text, version, date) {
  if (new RegExp(`^## ${version.replaceAll('.', '\\.')}(?: |$)`, 'm').test(text)) {
    throw new Refused(`${CHANGELOG} has a part ${version} already.`);
  }
  const heading = /^## Unreleased *$/m.exec(text);
  if (heading === null) {
    throw new Refused(`${CHANGELOG} has no part "## Unreleased". Put one at its top, and write in it what a user will notice.`);
  }
  const rest = text.slice(heading.index + heading[0].length);
  const end = /^## /m.exec(rest)?.index ?? rest.length;
  const notes = rest.slice(0, end).trim();
  if (notes === '') throw new Refused(`The part "Unreleased" of ${CHANGELOG} is empty. Write in it what a user will notice.`);
  const before = text.slice(0, heading.index);
  const cut = `${before}## Unreleased\n\n## ${version} — ${date}\n\n${notes}\n\n${rest.slice(end)}`;
  return { notes, text: `${cut.trimEnd()}\n` };
}

/** A JSON file with `change` made to its content, indented as npm writes it. */
function changeJson(file, change) {
  const content = JSON.parse(readFileSync(file, 'utf8'));
  change(content);
  writeFileSync(file, `${JSON.stringify(content, null, 2)}\n`);
}

/** Writes version, changelog and documents, commits and tags. The documents are made after the version, because they hold it. */
function release(version, changelog) {
  changeJson('package.json', (content) => {
    content.version = version;
  });
  changeJson('package-lock.json', (content) => {
    content.version = version;
    content.packages[''].version = version;
  });
  writeFileSync(CHANGELOG, changelog.text);
  execFileSync('npm', ['run', '--silent', 'docs'], { stdio: ['ignore', 'ignore', 'inherit'] });
  git('add', '--all');
  git('commit', '--quiet', '--message', `Offhook ${version}`);
  git('tag', '--annotate', `v${version}`, '--message', `Offhook ${version}\n\n${changelog.notes}`);
}

/** Puts the tree back to the commit from before. It was clean, so nothing of anybody's is lost. */
function undo(commit) {
  git('reset', '--quiet', '--hard', commit);
  git('clean', '--quiet', '--force', '-d');
}

function main(parameters) {
  const dryRun = parameters.includes('--dry-run');
  const [wanted, ...more] = parameters.filter((parameter) => parameter !== '--dry-run');
  if (wanted === undefined || more.length > 0) throw new Refused(USAGE);
  checkTree();
  const version = nextVersion(JSON.parse(readFileSync('package.json', 'utf8')).version, wanted);
  if (gitSays('rev-parse', '--verify', '--quiet', `refs/tags/v${version}`))
    throw new Refused(`There is a tag v${version} already.`);
  const date = new Date().toISOString().slice(0, 10);
  const changelog = cutChangelog(readFileSync(CHANGELOG, 'utf8'), version, date);
  if (dryRun) {
    console.log(`Would release ${version} of ${date}, with these notes:\n\n${changelog.notes}\n\nNothing was changed.`);
    return;
  }
  const before = git('rev-parse', 'HEAD');
  try {
    release(version, changelog);
  } catch (error) {
    undo(before);
    throw new Refused(`The release could not be finished, and the tree is as it was. ${error.message.trim()}`);
  }
  console.log(`Released ${version}: commit ${git('rev-parse', '--short', 'HEAD')}, tag v${version}.`);
  console.log(`Nothing was pushed. To publish it: git push origin ${BRANCH} v${version}`);
}

try {
  main(process.argv.slice(2));
} catch (error) {
  if (!(error instanceof Refused)) throw error;
  console.error(error.message);
  process.exitCode = 1;
}
