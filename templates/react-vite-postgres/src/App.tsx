import Notes from "@/pages/Notes";

export default function App() {
  return <Notes />;
}
