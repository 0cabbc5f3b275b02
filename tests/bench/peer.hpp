// SPDX-License-Identifier: Apache-2.0
// Runs a peer program (tests/bench/peers, or SPIN's generated verifier) as a child and reads what
// it reports.
//
// A peer is a program of its own so that it is compiled as its users would compile it, not with our
// flags. It runs on the core this process is pinned to; its CPU time comes from the kernel, not
// from its own words.
#pragma once

#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cstdint>
#include <cstdlib>
#include <string>
#include <string_view>

namespace flowtank::bench {

// What a finished child left behind. `exit_code` is -1 when it could not be started or was killed.
struct PeerRun {
  int exit_code = -1;
  std::string output;  // stdout and stderr together
  double cpu_seconds = 0;
  std::uint64_t peak_rss_bytes = 0;
};

// Runs `command` with sh -c and waits for its end.
inline PeerRun run_peer(const std::string& command) {
  PeerRun run;
  int pipe_ends[2];
  if (pipe(pipe_ends) != 0) return run;
  const pid_t child = fork();
  if (child == 0) {
    dup2(pipe_ends[1], STDOUT_FILENO);
    dup2(pipe_ends[1], STDERR_FILENO);
    close(pipe_ends[0]);
    close(pipe_ends[1]);
    execl("/bin/sh", "sh", "-c", command.c_str(), static_cast<char*>(nullptr));
    _exit(127);
  }
  close(pipe_ends[1]);
  char buffer[4096];
  for (ssize_t got = 0; child > 0 && (got = read(pipe_ends[0], buffer, sizeof buffer)) > 0;) {
    run.output.append(buffer, static_cast<std::size_t>(got));
  }
  close(pipe_ends[0]);
  int status = 0;
  rusage usage{};
  if (child < 0 || wait4(child, &status, 0, &usage) != child || !WIFEXITED(status)) return run;
  const auto seconds = [](const timeval& t) {
    return static_cast<double>(t.tv_sec) + 1e-6 * static_cast<double>(t.tv_usec);
  };
  run.exit_code = WEXITSTATUS(status);
  run.cpu_seconds = seconds(usage.ru_utime) + seconds(usage.ru_stime);
  run.peak_rss_bytes = static_cast<std::uint64_t>(usage.ru_maxrss) * 1024;
  return run;
}

// The number after "<key>=" in a peer's RESULT line, for example peer_figure(run, "evps_cpu"). 0 if
// absent.
inline double peer_figure(const PeerRun& run, std::string_view key) {
  const std::string wanted = " " + std::string(key) + "=";
  const std::size_t found = run.output.find(wanted);
  return found == std::string::npos
             ? 0
             : std::strtod(run.output.c_str() + found + wanted.size(), nullptr);
}

// The command that starts the peer built from peers/<name>.cpp.
inline std::string peer_command(std::string_view name, std::string_view arguments) {
  return std::string(FLOWTANK_PEER_DIR) + "/" + std::string(name) + " " + std::string(arguments);
}

}  // namespace flowtank::bench
