// SPDX-License-Identifier: Apache-2.0
// The hash by which a page names its own style and script in its Content-Security-Policy, so that a browser runs these
// and nothing else. SHA-256 as of FIPS 180-4, written out as base64 of RFC 4648; it guards no secret.
#pragma once

#include <string>
#include <string_view>

namespace flowtank::reports::html {

// "sha256-47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU=" of the empty text.
std::string content_hash(std::string_view text);

}  // namespace flowtank::reports::html
