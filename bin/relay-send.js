#!/usr/bin/env node
import { main } from '../dist/cli/send.js';

process.exitCode = await main(process.argv, process.env);
