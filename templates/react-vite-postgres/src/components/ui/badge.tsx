import type { ComponentProps } from "react";

import { cn } from "@/lib/cn";

export function Badge({ className, ...rest }: ComponentProps<"span">) {
  return <span className={cn("inline-flex rounded-full bg-muted px-3 py-1 text-sm font-medium text-muted-foreground", className)} {...rest} />;
}
