import type { Json, JsonObject } from '../../base/json.ts';
import type { ModelInput } from '../example.ts';
import type { PlanNode } from '../plan.ts';

/** An object that an answer holds, with the input that it was given to. */
export interface ObjectSample {
  readonly value: JsonObject;
  readonly input: ModelInput;
}

export interface Sample {
  readonly value: Json;
  readonly input: ModelInput;
}

/** Where in the answer a node stands. */
export interface Place {
  /** Path of the node, the slot's name: `intent`, `address.city`, `GetWeather.city`. */
  readonly name: string;
  /** JSON Schema of the value, where the request carries one. */
  readonly schema: JsonObject | null;
  /** Some answers leave it out. */
  readonly optional?: boolean;
  /** Part of a tool that some answers call several times. */
  readonly several?: boolean;
}

export type InferredNode = PlanNode | { readonly kind: 'unknown'; readonly reason: string };

/** The inference of a node: handed down, so that objects can hold what they are part of. */
export type InferNode = (samples: readonly Sample[], place: Place) => InferredNode;

/** Another field of the same object. */
export interface Sibling {
  readonly key: string;
  readonly node: InferredNode;
}
