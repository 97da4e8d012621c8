import type { ComponentProps } from "react";

import { cn } from "@/lib/cn";

export function Input({ className, ...rest }: ComponentProps<"input">) {
  return (
    <input
      className={cn(
        "h-10 w-full min-w-0 rounded border bg-background px-3 placeholder:text-muted-foreground",
        "focus-visible:outline focus-visible:outline-2 focus-visible:outline-primary disabled:opacity-50",
        className,
      )}
      {...rest}
    />
  );
}
