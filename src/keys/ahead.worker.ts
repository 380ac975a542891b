/** The program of the thread that works preshared keys out. */
import { workerData } from 'node:worker_threads'
import { type AheadOrder, workAhead } from './ahead.ts'

workAhead(workerData as AheadOrder)
