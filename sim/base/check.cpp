// SPDX-License-Identifier: Apache-2.0
// See check.hpp. The only thread-local of the library: the innermost replay command, so that a
// broken invariant deep inside a run can say how to see it again.
#include "sim/base/check.hpp"

#include <cstdio>
#include <cstdlib>
#include <utility>

namespace flowtank {
namespace {
thread_local CheckContext* innermost = nullptr;
}

CheckContext::CheckContext(std::string replay_command)
    : replay_command_(std::move(replay_command)), outer_(innermost) {
  innermost = this;
}

CheckContext::~CheckContext() { innermost = outer_; }

void check_failed(const char* file, int line, const char* condition, std::string_view context) {
  std::fprintf(stderr, "flowtank: internal error at %s:%d: %s\n  %.*s\n", file, line, condition,
               static_cast<int>(context.size()), context.data());
  if (innermost != nullptr) {
    std::fprintf(stderr, "  replay: %s\n", innermost->replay_command().c_str());
  }
  std::fprintf(stderr, "  This is a bug in flowtank, not in your scenario.\n");
  std::fflush(stderr);
  std::_Exit(3);
}

}  // namespace flowtank
