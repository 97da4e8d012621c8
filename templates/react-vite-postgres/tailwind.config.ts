import type { Config } from "tailwindcss";

// The colours are custom properties of src/index.css, so that light and dark differ in one place.
const color = (name: string) => `hsl(var(--${name}) / <alpha-value>)`;

export default {
  darkMode: ["selector", "[data-theme='dark']"],
  content: ["./index.html", "./src/**/*.{ts,tsx}"],
  theme: {
    extend: {
      colors: {
        background: color("background"),
        foreground: color("foreground"),
        card: color("card"),
        muted: { DEFAULT: color("muted"), foreground: color("muted-foreground") },
        primary: { DEFAULT: color("primary"), foreground: color("primary-foreground") },
        border: color("border"),
        danger: color("danger"),
      },
      borderRadius: { DEFAULT: "0.625rem" },
    },
  },
  plugins: [],
} satisfies Config;
