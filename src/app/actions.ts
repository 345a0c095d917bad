import type { ActionName, Actions } from '../protocol.ts';
import {
  analyseTasks,
  mergeTask,
  renameTask,
  setCapabilityCost,
  setCapabilityVerdict,
  signCapabilities,
  splitTask,
} from './analysis.ts';
import type { RunOptions } from './app.ts';
import { flushCapture, startCapture, stopCapture } from './capture.ts';
import { deleteTraces, exportTraces, importFile, previewTrace } from './data.ts';
import { writeReport } from './reportFile.ts';
import type { Session } from './session.ts';
import { cancelTraining, decideTerms, setMode, trainTask } from './training.ts';

type Handlers = {
  readonly [K in ActionName]: (
    session: Session,
    params: Actions[K][0],
    options: RunOptions,
  ) => Promise<Actions[K][1]>;
};

/** Every verb of the product and what carries it out. */
export const actions: Handlers = {
  'capture.start': startCapture,
  'capture.stop': stopCapture,
  'capture.flush': flushCapture,
  'tasks.analyse': analyseTasks,
  'task.rename': renameTask,
  'task.merge': mergeTask,
  'task.split': splitTask,
  'task.setMode': setMode,
  'capability.setVerdict': setCapabilityVerdict,
  'capability.setCost': setCapabilityCost,
  'capabilities.sign': signCapabilities,
  'student.train': trainTask,
  'student.cancelTraining': cancelTraining,
  'report.write': writeReport,
  'traces.preview': previewTrace,
  'traces.import': importFile,
  'traces.export': exportTraces,
  'traces.delete': deleteTraces,
  'terms.decide': decideTerms,
};
