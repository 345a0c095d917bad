import { parentPort } from 'node:worker_threads';
import { serveThread } from '../student/threads.ts';

/** A thread of the worker process that helps with a training. It needs no onnxruntime, so it starts in a moment. */
if (parentPort !== null) serveThread(parentPort);
