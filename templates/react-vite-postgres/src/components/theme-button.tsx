import { useEffect, useState } from "react";

import { Button } from "@/components/ui/button";

const prefersDark = window.matchMedia("(prefers-color-scheme: dark)");

/** Switches between light and dark; begins with what the system prefers. */
export function ThemeButton() {
  const [isDark, setIsDark] = useState(prefersDark.matches);

  useEffect(() => {
    document.documentElement.dataset.theme = isDark ? "dark" : "light";
  }, [isDark]);

  return (
    <Button variant="ghost" size="small" onClick={() => setIsDark(!isDark)}>
      {isDark ? "Light" : "Dark"}
    </Button>
  );
}
