import type { z } from "zod";

/** What the loader and the example need to know of a zod schema, without its wrappers. */
export interface Shape {
  readonly kind: "object" | "record" | "array" | "string" | "number" | "boolean" | "bigint" | "enum" | "other";
  readonly description: string | undefined;
  /** Undefined when there is none. */
  readonly default: unknown;
  /** True if the key may be left out without having a default. */
  readonly optional: boolean;
  /** Keys of an object. */
  readonly entries: Readonly<Record<string, z.ZodType>>;
  /** True for an object that takes keys it does not name. */
  readonly open: boolean;
  /** Element of an array or value of a record. */
  readonly element: z.ZodType | undefined;
}

const PLAIN = { entries: {}, open: false, element: undefined } as const;

type Inner = Pick<Shape, "kind" | "entries" | "open" | "element">;

function innerShape(def: z.core.$ZodTypes["_zod"]["def"]): Inner {
  switch (def.type) {
    case "object": {
      const open = def.catchall !== undefined && def.catchall._zod.def.type !== "never";
      return { ...PLAIN, kind: "object", entries: def.shape as Record<string, z.ZodType>, open };
    }
    case "record":
      return { ...PLAIN, kind: "record", element: def.valueType as z.ZodType };
    case "array":
      return { ...PLAIN, kind: "array", element: def.element as z.ZodType };
    case "enum":
    case "literal":
      return { ...PLAIN, kind: "enum" };
    case "string":
    case "number":
    case "boolean":
    case "bigint":
      return { ...PLAIN, kind: def.type };
    default:
      return { ...PLAIN, kind: "other" };
  }
}

/** Looks through defaults, optionals and transformations at what a key takes. */
export function shapeOf(schema: z.ZodType): Shape {
  let current = schema;
  let description: string | undefined;
  let defaultValue: unknown;
  let optional = false;
  while (true) {
    description ??= current.description;
    const def = (current as unknown as z.core.$ZodTypes)._zod.def;
    switch (def.type) {
      case "default":
      case "prefault":
        defaultValue ??= def.defaultValue;
        break;
      case "optional":
        optional = true;
        break;
      case "nullable":
      case "readonly":
      case "catch":
      case "nonoptional":
        break;
      case "pipe":
        current = def.in as z.ZodType;
        continue;
      default:
        return {
          ...innerShape(def),
          description,
          default: defaultValue,
          optional: optional && defaultValue === undefined,
        };
    }
    current = def.innerType as z.ZodType;
  }
}
