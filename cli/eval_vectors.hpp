// SPDX-License-Identifier: Apache-2.0
// Runs conformance vectors: files of expressions with the values that they must have. Used by
// `flowtank eval --vectors` and by the tests, so that both judge alike. The form of a vector is in
// tests/expr/cel/README.md.
#pragma once

#include <cstddef>
#include <iosfwd>
#include <string>
#include <vector>

namespace flowtank::cli {

struct VectorCounts {
  std::size_t passed = 0;
  std::size_t failed = 0;
  std::size_t escapes = 0;  // passed, reading leftover escapes in the expected text (see the .cpp)
};

// Runs one file, writes one line for every failing vector to `out`. Returns false, with a sentence in
// `error`, when the file cannot be read or is not a list of vectors.
bool run_vector_file(const std::string& path, std::ostream& out, VectorCounts& counts, std::string& error);

// Runs all files and ends with "N passed, N failed". Returns the exit code: 0 all passed, 1 some
// failed, 2 a file that cannot be read.
int run_vectors(const std::vector<std::string>& paths, std::ostream& out, std::ostream& err);

}  // namespace flowtank::cli
