#!/usr/bin/env node
import { runCommand } from './commands/run-command.js';
import { terminal } from './commands/terminal.js';
import { loadEnvironment } from './env.js';

process.exitCode = await runCommand(process.argv.slice(2), () => loadEnvironment(), terminal);
