import type { Signals } from './decode.ts';
import { type Logistic, logit } from './logistic.ts';

/**
 * How likely is the whole answer right? A small logistic regression over the signals of an answer, fitted on
 * out-of-fold answers; its probability, times the gate's that the input is of a known kind, is the confidence.
 */
export type Acceptor = Logistic;

export function acceptorFeatures(signals: Signals, length: number): number[] {
  return [
    logit(signals.joint),
    logit(signals.least),
    Math.log(Math.max(1e-6, signals.entropy)),
    logit(signals.spans),
    logit(signals.agreement),
    Math.sqrt(signals.unseen),
    signals.claim,
    signals.near,
    Math.log(1 + length),
    Math.log(1 + signals.slots),
    signals.template ? 1 : 0,
    signals.template ? 0 : logit(signals.spans),
  ];
}
