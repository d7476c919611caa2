#!/usr/bin/env node
// Runs TensorFlow.js's own core test suite against one tfjs backend.
// See README.md; `node run.mjs --help` lists the options.
import fs from 'node:fs';
import path from 'node:path';
import {spawn} from 'node:child_process';
import {parseArgs} from 'node:util';
import {fileURLToPath} from 'node:url';
import {build} from './lib/build.mjs';
import * as report from './lib/report.mjs';

const here = path.dirname(fileURLToPath(import.meta.url));

const HELP = `usage: node run.mjs [options]

  --backend-module M    module that registers the backend when it is imported:
                        a file, a package folder, or a package name (looked up
                        from the current folder, then from this one);
                        default: ../dist/register.js, this package after a build
  --backend-name NAME   the name it registers (default onnxruntime)
  --is-data-sync BOOL   whether dataSync() works on it (default true); with false
                        the specs that need it are skipped, and it is an error
                        wherever else it is called
  --filter REGEX        only test files whose path matches (e.g. 'mat_mul|gather')
  --only LIST           only the test files named in LIST (e.g. core-ops.txt)
  --grep REGEX          only specs whose full name matches
  --json OUT            write every spec's result to OUT
  --list WHAT           also list specs: failures, passes, skips or all
  --quiet               in the table, only files with a failure
  --jobs N              test files at a time (default 2)
  --async-timeout S     jasmine's own limit for one async spec (default 20)
  --spec-timeout S      kill the process when a spec makes no progress (default 40)
  --file-timeout S      limit for one test file, restarts included (default 300)
  --max-restarts N      per file, after crashes and hangs (default 20)
  --flags JSON          tfjs environment flags for the test environment
  --node-arg ARG        passed to node in the test processes (may be repeated)
  --trace               note in the JSON which kernels and dtypes each spec uses
  --verbose             show what the test processes print

Exit status is 0 whenever a report could be made; the last line is
  conformance: P passed, F failed, S skipped of N`;

function options() {
  const {values: v} = parseArgs({
    allowPositionals: false,
    options: {
      'backend-module': {type: 'string', default: path.join(here, '..', 'dist', 'register.js')},
      'backend-name': {type: 'string', default: 'onnxruntime'},
      'is-data-sync': {type: 'string', default: 'true'},
      filter: {type: 'string'}, only: {type: 'string'}, grep: {type: 'string'},
      json: {type: 'string'}, list: {type: 'string', multiple: true, default: []},
      quiet: {type: 'boolean', default: false}, jobs: {type: 'string', default: '2'},
      'async-timeout': {type: 'string', default: '20'},
      'spec-timeout': {type: 'string', default: '40'},
      'file-timeout': {type: 'string', default: '300'},
      'max-restarts': {type: 'string', default: '20'},
      flags: {type: 'string'}, 'node-arg': {type: 'string', multiple: true, default: []},
      trace: {type: 'boolean', default: false},
      verbose: {type: 'boolean', default: false}, help: {type: 'boolean', default: false},
    },
  });
  if (v.help) {
    console.log(HELP);
    process.exit(0);
  }
  const bad = msg => {
    console.error(`${msg}\n\n${HELP}`);
    process.exit(2);
  };
  if (!v['backend-module'] || !v['backend-name']) bad('--backend-module and --backend-name are needed');
  if (!/^(true|false)$/.test(v['is-data-sync'])) bad('--is-data-sync takes true or false');
  for (const l of v.list) {
    if (!['failures', 'passes', 'skips', 'all'].includes(l)) bad(`--list ${l}: not known`);
  }
  const seconds = k => {
    const n = Number(v[k]);
    if (!(n > 0)) bad(`--${k} takes a positive number`);
    return n * 1000;
  };
  // A file or folder becomes absolute; anything else is a package name.
  let mod = v['backend-module'];
  if (/^(\.{1,2}([\\/]|$)|file:)/.test(mod) || path.isAbsolute(mod) || fs.existsSync(mod)) {
    mod = mod.startsWith('file:') ? fileURLToPath(mod) : path.resolve(mod);
    if (!fs.existsSync(mod)) bad(`no such file: ${v['backend-module']}`);
  }
  return {
    backendModule: mod, backendModuleAsGiven: v['backend-module'], backendName: v['backend-name'],
    isDataSync: v['is-data-sync'] === 'true',
    filter: v.filter ? new RegExp(v.filter) : null, only: v.only, grep: v.grep,
    json: v.json, list: v.list, quiet: v.quiet, verbose: v.verbose,
    trace: v.trace,
    jobs: Math.max(1, Math.floor(Number(v.jobs)) || 1),
    asyncTimeoutMs: seconds('async-timeout'), specTimeoutMs: seconds('spec-timeout'),
    fileTimeoutMs: seconds('file-timeout'), maxRestarts: Math.max(0, Number(v['max-restarts']) || 0),
    flags: v.flags ? JSON.parse(v.flags) : null, nodeArgs: v['node-arg'],
  };
}

const children = new Set();
function killAll() {
  for (const c of children) c.kill('SIGKILL');
}
for (const s of ['SIGINT', 'SIGTERM']) {
  process.on(s, () => {
    killAll();
    process.exit(s === 'SIGINT' ? 130 : 143);
  });
}

// One process. Calls onMessage for each line it reports; resolves when it ends.
function runWorker(opt, job, {deadline, onMessage}) {
  return new Promise(resolve => {
    const child = spawn(process.execPath,
        [...opt.nodeArgs, path.join(here, 'lib', 'worker.cjs')], {
          stdio: ['ignore', 'pipe', 'pipe', 'pipe'],
          env: {...process.env, TFJS_CONFORMANCE_JOB: JSON.stringify(job)},
        });
    children.add(child);
    let tail = '';
    const keep = d => {
      tail = (tail + d).slice(-4000);
      if (opt.verbose) process.stderr.write(d);
    };
    child.stdout.on('data', keep);
    child.stderr.on('data', keep);
    let killedFor = null;
    let timer;
    const kill = why => {
      killedFor = why;
      child.kill('SIGKILL');
    };
    const arm = () => {
      clearTimeout(timer);
      const left = deadline - Date.now();
      timer = left <= opt.specTimeoutMs ?
          setTimeout(kill, Math.max(0, left), 'file-timeout') :
          setTimeout(kill, opt.specTimeoutMs, 'spec-timeout');
    };
    arm();
    let buf = '';
    child.stdio[3].setEncoding('utf8');
    child.stdio[3].on('data', d => {
      arm();
      buf += d;
      let nl;
      while ((nl = buf.indexOf('\n')) >= 0) {
        const line = buf.slice(0, nl);
        buf = buf.slice(nl + 1);
        if (line) onMessage(JSON.parse(line));
      }
    });
    child.on('error', e => keep(String(e)));
    child.on('close', (code, signal) => {
      clearTimeout(timer);
      children.delete(child);
      resolve({code, signal, killedFor, tail});
    });
  });
}

// One test file: restarted after a crash or a hang, without the specs that have
// a result, until every spec has one.
async function runFile(opt, base, file, expected) {
  const started = Date.now();
  const res = {file, specs: null, restarts: 0, suiteErrors: [], foreign: {}, copies: [],
    kernels: null, others: [], problem: null, seconds: 0};
  const deadline = started + opt.fileTimeoutMs;
  const grep = opt.grep ? new RegExp(opt.grep, 'i') : null;
  const wanted = s => !grep || grep.test(s.name);
  let starts = 0;
  for (;;) {
    const todo = res.specs && res.specs.filter(s => wanted(s) && !s.status);
    if (todo && todo.length === 0) break;
    const done = res.specs ? res.specs.flatMap((s, i) => s.status ? [i] : []) : [];
    let running = null;
    let ended = false;
    let fatal = null;
    let progress = 0;
    const exit = await runWorker(opt, {...base, file, done}, {
      deadline,
      onMessage(m) {
        if (m.t === 'plan') {
          res.kernels = m.kernels;
          res.others = m.others;
          res.copies = m.copies;
          res.borrowed = m.borrowed;
          res.specs ??= m.specs.map(([name, reason]) => ({name, reason}));
        } else if (m.t === 'start') {
          running = m.i;
        } else if (m.t === 'done') {
          const s = res.specs[m.i];
          s.status = m.status === 'pending' ? 'skipped' : m.status;
          s.ms = m.ms;
          if (m.err) s.err = m.err;
          if (m.kernels) Object.assign(s, {kernels: m.kernels, dtypes: m.dtypes});
          if (s.status === 'skipped') s.reason ??= 'disabled in the suite (xit)';
          else delete s.reason;
          running = null;
          progress++;
        } else if (m.t === 'suite') {
          res.suiteErrors.push({name: m.name, err: m.err});
        } else if (m.t === 'end') {
          ended = true;
          for (const [k, n] of Object.entries(m.foreign)) res.foreign[k] = (res.foreign[k] || 0) + n;
        } else if (m.t === 'fatal') {
          fatal = m;
        }
      },
    });
    if (ended) {
      // Specs that jasmine never reported (it should not happen).
      for (const s of res.specs) {
        if (wanted(s) && !s.status) {
          s.status = 'failed';
          s.err = ['the test process ended without a result for this spec'];
        }
      }
      break;
    }
    const how = fatal ? `${fatal.stage}: ${fatal.err}` :
        exit.killedFor === 'file-timeout' ? `the file's limit of ${opt.fileTimeoutMs / 1000} s ran out` :
        exit.killedFor === 'spec-timeout' ? `no progress for ${opt.specTimeoutMs / 1000} s: killed` :
        `the test process ended early (${exit.signal || `exit status ${exit.code}`})`;
    const tail = exit.tail.trim() ? `\nlast output:\n${exit.tail.trim().split('\n').slice(-15).join('\n')}` : '';
    res.problem = how.split('\n')[0];
    if (!res.specs) {
      // Not even the list of specs. Once more, in case something passing did it
      // (a file that was being written, memory); then every spec has failed.
      if (!fatal && ++starts < 2 && exit.killedFor !== 'file-timeout') {
        res.restarts++;
        continue;
      }
      res.specs = Array.from({length: expected ?? 1}, (_, i) => ({
        name: `(${file} spec ${i + 1})`, status: 'failed', err: [how + tail]}));
      break;
    }
    if (running !== null) {
      res.specs[running].status = 'failed';
      res.specs[running].err = [how + tail];
      progress++;
    }
    if (progress === 0 || exit.killedFor === 'file-timeout' || res.restarts >= opt.maxRestarts) {
      for (const s of res.specs) {
        if (wanted(s) && !s.status) {
          s.status = 'failed';
          s.err = [`not reached: ${how}${tail}`];
        }
      }
      break;
    }
    res.restarts++;
  }
  if (grep) {
    res.specs.forEach((s, i) => s.index = i);
    res.specs = res.specs.filter(wanted);
  }
  res.seconds = (Date.now() - started) / 1000;
  return res;
}

async function main() {
  const opt = options();
  const t0 = Date.now();
  const {cacheDir, testFiles, versions} = await build({log: s => console.error(s)});
  const reference = report.loadReference(here, versions['tfjs-core']);

  let files = testFiles;
  if (opt.only) {
    const names = report.readList(opt.only).flatMap(s => s.files);
    const unknown = names.filter(n => !files.includes(n));
    if (unknown.length) console.error(`${opt.only}: no such test file: ${unknown.join(', ')}`);
    files = files.filter(f => names.includes(f));
  }
  if (opt.filter) files = files.filter(f => opt.filter.test(f));

  const base = {cacheDir, cwd: process.cwd(), backendModule: opt.backendModule,
    backendName: opt.backendName, isDataSync: opt.isDataSync, flags: opt.flags,
    asyncTimeoutMs: opt.asyncTimeoutMs, grep: opt.grep, trace: opt.trace};

  // Find out once, not once per file, whether the backend can be used at all.
  let broken = null;
  if (files.length) {
    let probed = false;
    const exit = await runWorker(opt, {...base, probe: true}, {
      deadline: Date.now() + opt.fileTimeoutMs,
      onMessage(m) {
        if (m.t === 'probe') probed = true;
        if (m.t === 'fatal') broken = m;
      },
    });
    if (!probed && !broken) {
      broken = {stage: 'backend-import', err: `the test process ended early (${
        exit.killedFor || exit.signal || `exit status ${exit.code}`})\n${exit.tail.trim()}`};
    }
  }

  const results = [];
  if (broken) {
    console.error(`\nThe backend could not be loaded (${broken.stage}):\n${broken.err}\n`);
    for (const file of files) {
      const n = reference.total(file) ?? 1;
      results.push({file, restarts: 0, suiteErrors: [], foreign: {}, copies: [], kernels: null,
        others: [], problem: `${broken.stage}: ${broken.err.split('\n')[0]}`, seconds: 0,
        specs: Array.from({length: n}, (_, i) => ({name: `(${file} spec ${i + 1})`,
          status: 'failed', err: [`${broken.stage}: ${broken.err}`]}))});
    }
  } else {
    const queue = [...files];
    let finished = 0;
    const lane = async () => {
      for (let file; (file = queue.shift());) {
        const r = await runFile(opt, base, file, reference.total(file));
        results.push(r);
        const c = report.count(r.specs);
        console.error(`[${++finished}/${files.length}] ${file}: ${c.passed} passed, ${c.failed} failed, ` +
            `${c.skipped} skipped (${r.seconds.toFixed(1)} s)${r.problem ? ` -- ${r.problem}` : ''}`);
      }
    };
    await Promise.all(Array.from({length: opt.jobs}, lane));
    results.sort((a, b) => files.indexOf(a.file) - files.indexOf(b.file));
  }

  const out = report.summarize(results, {opt, versions, reference, here,
    seconds: (Date.now() - t0) / 1000});
  if (opt.json) {
    fs.mkdirSync(path.dirname(path.resolve(opt.json)), {recursive: true});
    fs.writeFileSync(opt.json, JSON.stringify(out.json, null, 1) + '\n');
  }
  // One synchronous write, so that nothing is lost when stdout is a pipe.
  let buf = Buffer.from(out.text + '\n');
  while (buf.length) {
    try {
      buf = buf.subarray(fs.writeSync(1, buf));
    } catch (e) {
      if (e.code !== 'EAGAIN') throw e;
    }
  }
}

await main();
process.exitCode = 0;
