// SPDX-License-Identifier: Apache-2.0
// See output.hpp: escaping for JSON and writing away. Bytes that are no UTF-8 never come here: texts pass printable() first.
#include "reports/export/output.hpp"

namespace flowtank::reports {

void append_json(std::string& out, std::string_view text) {
  static constexpr char digits[] = "0123456789abcdef";
  std::size_t plain = 0;  // begin of what needs no escape
  for (std::size_t i = 0; i < text.size(); ++i) {
    const auto c = static_cast<unsigned char>(text[i]);
    if (c != '"' && c != '\\' && c >= 0x20 && c != 0x7f) continue;
    out.append(text.substr(plain, i - plain));
    plain = i + 1;
    if (c == '"' || c == '\\') {
      out.push_back('\\');
      out.push_back(static_cast<char>(c));
    } else {
      out.append("\\u00");
      out.push_back(digits[c >> 4]);
      out.push_back(digits[c & 15]);
    }
  }
  out.append(text.substr(plain));
}

std::string json_quoted(std::string_view text) {
  std::string out;
  Piece(out).quoted(text);
  return out;
}

bool Output::flush() {
  if (good_ && !text_.empty()) good_ = write_(text_);
  bytes_ += text_.size();
  text_.clear();
  return good_;
}

}  // namespace flowtank::reports
