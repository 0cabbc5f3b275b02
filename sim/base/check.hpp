// SPDX-License-Identifier: Apache-2.0
// CHECK: the third kind of error, "we are wrong". It is on in every build. A failed CHECK prints the
// broken invariant, its place, and the command that replays the run, then ends the process with
// exit code 3. It is never used for the user's data (Diagnostic) or for what the simulated system
// does (values and trace records).
#pragma once

#include <string>
#include <string_view>

namespace flowtank {

// While an object of this class lives, a failed CHECK on this thread prints `replay_command`.
// Contexts nest; the innermost wins. The string is copied.
class CheckContext {
 public:
  explicit CheckContext(std::string replay_command);
  ~CheckContext();
  CheckContext(const CheckContext&) = delete;
  CheckContext& operator=(const CheckContext&) = delete;

  const std::string& replay_command() const { return replay_command_; }

 private:
  std::string replay_command_;
  CheckContext* outer_;
};

// Prints and ends the process with exit code 3. Never returns.
[[noreturn]] void check_failed(const char* file, int line, const char* condition,
                               std::string_view context);

}  // namespace flowtank

// `context` is anything convertible to std::string_view; it is evaluated only on failure.
#define FLOWTANK_CHECK(condition, context)                                         \
  do {                                                                             \
    if (!(condition)) [[unlikely]]                                                 \
      ::flowtank::check_failed(__FILE__, __LINE__, #condition, (context));         \
  } while (false)
