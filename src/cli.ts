#!/usr/bin/env node
import { runCommand } from './commands/run-command.js';
import { terminal } from './commands/terminal.js';
import { loadEnvironment } from './env.js';

const argv = process.argv.slice(2);
if (argv.length === 0) await import('./main.js');
else process.exitCode = await runCommand(argv, () => loadEnvironment(), terminal);
