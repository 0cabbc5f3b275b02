// SPDX-License-Identifier: Apache-2.0
// See record.hpp: the text of a campaign file.
#include "sim/campaign/record.hpp"

#include <charconv>

#include <fmt/format.h>

#include <sim/base/hash.hpp>

#include "sim/campaign/text_fields.hpp"

namespace flowtank::campaign {
namespace {

constexpr std::string_view first_line = "flowtank-campaign 1";

std::string escaped(std::string_view text) {
  std::string out;
  for (const char c : text) {
    if (c == '\\') out += "\\\\";
    else if (c == '\n') out += "\\n";
    else out += c;
  }
  return out;
}

std::string plain(std::string_view text) {
  std::string out;
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text[i] != '\\' || i + 1 == text.size()) out += text[i];
    else out += text[++i] == 'n' ? '\n' : text[i];
  }
  return out;
}

std::string checksum(std::string_view text) {
  const Hash128 hash = hash_bytes(text);
  return fmt::format("{:016x}", hash.lo ^ hash.hi);
}

bool number(std::string_view text, std::uint64_t& out) {
  const auto read = std::from_chars(text.data(), text.data() + text.size(), out);
  return !text.empty() && read.ec == std::errc() && read.ptr == text.data() + text.size();
}

// One line of the header; false when it says something unknown.
bool read_fact(std::string_view key, std::string_view value, Header& header) {
  Plan& plan = header.plan;
  std::uint64_t small = 0;
  if (key == "scenario") header.scenario = plain(value);
  else if (key == "hash") header.scenario_hash = value;
  else if (key == "set") header.overrides.push_back(plain(value));
  else if (key == "models") header.models.push_back(plain(value));
  else if (key == "strategy") {
    const auto strategy = strategy_of(value);
    if (!strategy || !info(*strategy).samples) return false;
    plan.strategy = *strategy;
  } else if (key == "seed") return number(value, plan.seed);
  else if (key == "runs") return number(value, plan.runs);
  else if (key == "bug_depth" || key == "shard" || key == "shards") {
    if (!number(value, small) || small > (key == "bug_depth" ? most_bug_depth : most_shards)) return false;
    (key == "shard" ? plan.shard : key == "shards" ? plan.shards : plan.bug_depth) = static_cast<std::uint32_t>(small);
  } else if (key == "most_actions") return number(value, plan.most_actions);
  else if (key == "steps") return number(value, plan.steps);
  else if (key == "chains") return number(value, plan.chains);
  else return false;
  return true;
}

}  // namespace

std::string to_text(const Header& header) {
  const Plan& plan = header.plan;
  std::string text = fmt::format("{}\nscenario {}\nhash {}\n", first_line, escaped(header.scenario), header.scenario_hash);
  for (const std::string& set : header.overrides) text += "set " + escaped(set) + "\n";
  for (const std::string& models : header.models) text += "models " + escaped(models) + "\n";
  text += fmt::format("strategy {}\nseed {}\nruns {}\nbug_depth {}\nmost_actions {}\nsteps {}\nchains {}\nshard {}\nshards {}\n", to_text(plan.strategy),
                      plan.seed, plan.runs, plan.bug_depth, plan.most_actions, plan.steps, plan.chains, plan.shard, plan.shards);
  return text + "begin " + checksum(text) + "\n";
}

std::string to_text(const Block& block) {
  FieldWriter head;
  head.number(block.lane).number(block.from).number(block.count);
  const std::string text = "block " + head.text() + "|" + to_text(block.tally) + "|" + to_text(block.lesson);
  return text + "|" + checksum(text) + "\n";
}

std::optional<Record> read_record(std::string_view text, std::string& problem) {
  Record record;
  bool begun = false;
  std::size_t at = 0;
  std::uint64_t line_number = 0;
  for (std::size_t end = text.find('\n'); end != std::string_view::npos; at = end + 1, end = text.find('\n', at)) {
    ++line_number;
    const std::string_view line = text.substr(at, end - at);
    if (at == 0) {
      if (line == first_line) continue;
      problem = line.starts_with("flowtank-campaign ") ? "it is of another version of Flowtank" : "it is no campaign file";
      return std::nullopt;
    }
    const std::size_t space = line.find(' ');
    const std::string_view key = line.substr(0, space);
    const std::string_view value = space == std::string_view::npos ? std::string_view() : line.substr(space + 1);
    if (!begun) {
      if (key == "begin") {
        if (value != checksum(text.substr(0, at))) break;
        begun = true;
        record.whole = end + 1;
      } else if (!read_fact(key, value, record.header)) {
        problem = fmt::format("its beginning says something unknown: \"{}\"", line);
        return std::nullopt;
      }
      continue;
    }
    const std::size_t bar = line.rfind('|');
    if (key != "block" || bar == std::string_view::npos || line.substr(bar + 1) != checksum(line.substr(0, bar))) {
      // Whoever is killed leaves a line without its end, never a whole one that is wrong.
      problem = fmt::format("line {} is damaged: its checksum is not that of what it says; without this line, its runs are made again", line_number);
      return std::nullopt;
    }
    record.blocks.emplace_back(line.substr(0, bar));
    record.whole = end + 1;
  }
  if (!begun) {
    problem = "its beginning is not whole";
    return std::nullopt;
  }
  return record;
}

bool read_block(std::string_view line, const Tally& like, Block& out) {
  constexpr std::string_view keyword = "block ";
  if (!line.starts_with(keyword)) return false;
  line.remove_prefix(keyword.size());
  const std::size_t first = line.find('|');
  const std::size_t last = line.rfind('|');
  if (first == std::string_view::npos || last == first) return false;
  FieldReader head(line.substr(0, first));
  out.lane = head.number();
  out.from = head.number();
  out.count = head.number();
  return head.good() && head.at_end() && read_tally(line.substr(first + 1, last - first - 1), like, out.tally) &&
         read_lesson(line.substr(last + 1), out.lesson) && out.tally.runs == out.count;
}

}  // namespace flowtank::campaign
