// fuzz.mjs [SECONDS]: every fuzz target of tests/fuzz for that long (default: 60). Exits non-zero when one crashes.
import { spawnSync } from "node:child_process";
import { cpSync, existsSync, mkdtempSync, readdirSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { delimiter, join } from "node:path";
import { env, root } from "./env.mjs";

const version = "0.13.2";
const install = ["install", "cargo-fuzz", "--locked", "--version", version];
const tools = root + ".toolchain/cargo-fuzz";

const seconds = process.argv[2] ?? "60";
if (!/^[1-9]\d*$/.test(seconds)) fail(`SECONDS must be a whole number above 0, not "${seconds}": npm run fuzz -- 20`);

// A missing nightly must not be downloaded just because we ask for it.
Object.assign(env, { RUSTUP_AUTO_INSTALL: "0", PATH: join(tools, "bin") + delimiter + env.PATH });
if (!succeeds("cargo", ["fuzz", "--version"])) installCargoFuzz();

// The address sanitizer needs nightly. Our crate has no unsafe code: without it, less is found only in dependencies.
const nightly = succeeds("cargo", ["+nightly", "--version"]);
const cargo = nightly ? ["+nightly", "fuzz", "run"] : ["fuzz", "run", "--sanitizer", "none"];
if (!nightly) env.RUSTC_BOOTSTRAP = "1";
say(nightly ? "nightly, with the address sanitizer" : "no nightly toolchain: stable, without sanitizer (rustup toolchain install nightly)");

const targets = readdirSync(root + "tests/fuzz/targets").map((file) => file.replace(/\.rs$/, "")).sort();
const crashed = targets.filter((target) => !fuzz(target));
if (crashed.length > 0)
  fail(
    `failed: ${crashed.join(", ")}. After a crash the input is in tests/fuzz/artifacts/TARGET/; once fixed, ` +
      "copy it to tests/fuzz/corpus/TARGET/ under a name that says what it shows: cargo test replays it from then on",
  );
say(`${targets.length} target(s), ${seconds} s each, no crash`);

function fuzz(target) {
  // libFuzzer writes what it finds into its corpus; the committed one stays small and chosen.
  const corpus = mkdtempSync(join(tmpdir(), `fuzz-${target}-`));
  try {
    const committed = `${root}tests/fuzz/corpus/${target}`;
    if (existsSync(committed)) cpSync(committed, corpus, { recursive: true });
    say(`${target}, ${seconds} s`);
    // An input that takes 10 s is a finding, too.
    const options = [`-max_total_time=${seconds}`, "-timeout=10", "-print_final_stats=1"];
    const args = [...cargo, "--fuzz-dir", "tests/fuzz", target, corpus, "--", ...options];
    return spawnSync("cargo", args, { cwd: root, stdio: ["ignore", 2, 2], env }).status === 0;
  } finally {
    rmSync(corpus, { recursive: true, force: true });
  }
}

function installCargoFuzz() {
  say(`installing cargo-fuzz ${version} into .toolchain (about a minute)`);
  const done = spawnSync("cargo", [...install, "--root", tools], { cwd: root, stdio: ["ignore", 2, 2], env });
  if (done.status === 0 && succeeds("cargo", ["fuzz", "--version"])) return;
  fail(
    `cargo-fuzz could not be installed. By hand: cargo ${install.join(" ")}\n` +
      "It needs the Rust registry, a C++ compiler (apt-get install g++, xcode-select --install), and Linux or macOS.",
  );
}

function succeeds(command, args) {
  return spawnSync(command, args, { cwd: root, stdio: "ignore", env }).status === 0;
}

function say(text) {
  console.error(`fuzz: ${text}`);
}

function fail(text) {
  say(text);
  process.exit(1);
}
