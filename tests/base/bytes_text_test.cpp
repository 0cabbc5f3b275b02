// SPDX-License-Identifier: Apache-2.0
// Sizes as people read them: a limit below a megabyte is told as what it is, not as "0 MB".
#include <catch2/catch.hpp>

#include <sim/base/bytes_text.hpp>

using namespace flowtank;

TEST_CASE("bytes_text.names_the_largest_whole_unit") {
  CHECK(bytes_text(0) == "0 bytes");
  CHECK(bytes_text(1) == "1 byte");
  CHECK(bytes_text(400) == "400 bytes");
  CHECK(bytes_text(1023) == "1,023 bytes");
  CHECK(bytes_text(1024) == "1 KB");
  CHECK(bytes_text((std::size_t{1} << 20) - 1) == "1,023 KB");
  CHECK(bytes_text(std::size_t{1} << 20) == "1 MB");
  CHECK(bytes_text(std::size_t{3} << 30) == "3,072 MB");
}
