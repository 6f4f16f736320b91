#!/usr/bin/env node
import { main } from '../dist/cli/receive.js';

process.exitCode = await main(process.argv, process.env);
