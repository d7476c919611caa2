/** Ends the program with what was expected when a positional argument is missing. @param usage names of the arguments */
export function expectArguments(positionals, usage) {
  if (positionals.length >= usage.split(" ").length) return;
  console.error(`usage: ${process.argv[1]} ${usage}`);
  process.exit(2);
}
