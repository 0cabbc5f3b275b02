// SPDX-License-Identifier: Apache-2.0
// Files that are there whole or not at all: the text goes to a temporary name in the same folder, is
// synchronised, and is then renamed over the target, so that neither a full disk nor a killed process
// leaves half a report. Errors come back as a sentence for the user.
#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace flowtank {

// Writes `text` to `path`, replacing a regular file. A symbolic link is followed; what is no regular file
// (a terminal, a pipe, /dev/null) is written in place. Nothing when all went well, else what went wrong:
// "cannot write reports/x.json: No such file or directory". The temporary file is removed on errors.
std::optional<std::string> write_whole_file(const std::string& path, std::string_view text);

}  // namespace flowtank
