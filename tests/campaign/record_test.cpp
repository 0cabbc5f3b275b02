// SPDX-License-Identifier: Apache-2.0
// Campaign files: what is written is read again, torn and repeated records change nothing, files of other campaigns are
// refused, shards add up to the campaign that was not cut, and a process that is killed at any time loses nothing.
#include "tests/campaign/scenario_campaign.hpp"

#include <fstream>
#include <iterator>
#include <sstream>
#include <thread>

#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include <sim/base/keyed_random.hpp>

namespace flowtank::campaign {
namespace {

using test::Folder;
using test::load;
using test::options;
using test::said;
using test::sample;

const std::string bad = "store/1-naive.json";

std::string content(const std::string& file) {
  std::ifstream in(file, std::ios::binary);
  return {std::istreambuf_iterator<char>(in), std::istreambuf_iterator<char>()};
}
void put(const std::string& file, std::string_view text) { std::ofstream(file, std::ios::binary) << text; }

CampaignOptions kept(Strategy strategy, std::uint64_t runs, const std::string& file) {
  CampaignOptions out = options(strategy, runs, 2);
  out.file = file;
  return out;
}

TEST_CASE("tally.survives_its_text") {
  const Scenario scenario = load(bad);
  Folder folder;
  sample(scenario, kept(Strategy::guided, 300, folder / "a"));
  std::string problem;
  const auto record = read_record(content(folder / "a"), problem);
  REQUIRE(record);
  REQUIRE_FALSE(record->blocks.empty());
  const Tally like = empty_tally(scenario);
  bool learnt = false;
  for (const std::string& line : record->blocks) {
    Block block;
    REQUIRE(read_block(line, like, block));
    const std::string again = to_text(block);
    CHECK(again.substr(0, again.rfind('|')) == line);
    learnt = learnt || !block.lesson.empty();
  }
  CHECK(learnt);
  Block unread;
  CHECK_FALSE(read_block(record->blocks[0], empty_tally(load("faults/timer-race.json")), unread));
  CHECK_FALSE(read_block(record->blocks[0].substr(0, record->blocks[0].size() / 2), like, unread));
}

TEST_CASE("campaign_file.goes_on_after_every_torn_end_as_if_nothing_had_happened") {
  for (const Strategy strategy : {Strategy::random, Strategy::guided, Strategy::portfolio}) {
    INFO(to_text(strategy));
    const Scenario scenario = load(bad);
    Folder folder;
    const std::string whole = said(scenario, sample(scenario, options(strategy, 400)));
    CHECK(said(scenario, sample(scenario, kept(strategy, 400, folder / "a"))) == whole);
    const std::string text = content(folder / "a");
    const std::size_t header = text.find("\nblock ") + 1;
    // Cut in the header, between records, within records.
    for (const std::size_t at : {std::size_t{0}, std::size_t{5}, header / 2, header - 1, header, header + 1, text.size() / 3, text.size() / 2, text.size() - 1, text.size()}) {
      INFO(at);
      put(folder / "b", text.substr(0, at));
      CHECK(said(scenario, sample(scenario, kept(strategy, 400, folder / "b"))) == whole);
      // And once more: all of it is there already.
      const std::size_t size = content(folder / "b").size();
      CHECK(said(scenario, sample(scenario, kept(strategy, 400, folder / "b"))) == whole);
      CHECK(content(folder / "b").size() == size);
    }
  }
}

TEST_CASE("campaign_file.counts_a_repeated_record_once_and_refuses_a_damaged_one") {
  const Scenario scenario = load(bad);
  Folder folder;
  const std::string whole = said(scenario, sample(scenario, kept(Strategy::random, 300, folder / "a")));
  const std::string text = content(folder / "a");
  const std::size_t first = text.find("\nblock ") + 1;
  const std::size_t end = text.find('\n', first) + 1;
  put(folder / "b", text + text.substr(first, end - first));
  CHECK(said(scenario, sample(scenario, kept(Strategy::random, 300, folder / "b"))) == whole);
  std::string damaged = text;
  damaged[first + 9] = damaged[first + 9] == '1' ? '2' : '1';
  put(folder / "c", damaged);
  Diagnostics diagnostics;
  CHECK_FALSE(check_by_campaign(scenario, shipped_brokers(), kept(Strategy::random, 300, folder / "c"), diagnostics));
  REQUIRE(diagnostics.errors() == 1);
  CHECK(diagnostics.all()[0].code == "FT-CAM-001");
  CHECK(diagnostics.all()[0].message.find("is damaged") != std::string::npos);
  CHECK(content(folder / "c") == damaged);  // nothing was thrown away
  CHECK_FALSE(read_campaign_file(folder / "c", diagnostics));  // merge
  // As the message says: without the line its runs are made again, once, though later ones of its lane are there.
  put(folder / "d", text.substr(0, first) + text.substr(end));
  CHECK(said(scenario, sample(scenario, kept(Strategy::random, 300, folder / "d"))) == whole);
  CHECK(said(scenario, sample(scenario, kept(Strategy::random, 300, folder / "d"))) == whole);
}

TEST_CASE("campaign_file.of_another_campaign_is_refused_in_words") {
  const Scenario scenario = load(bad);
  Folder folder;
  sample(scenario, kept(Strategy::random, 100, folder / "a"));
  const auto refused = [&](const Scenario& other, CampaignOptions options, const std::string& code, const std::string& word) {
    Diagnostics diagnostics;
    CHECK_FALSE(check_by_campaign(other, shipped_brokers(), options, diagnostics));
    REQUIRE(diagnostics.errors() == 1);
    CHECK(diagnostics.all()[0].code == code);
    INFO(diagnostics.all()[0].message);
    CHECK(diagnostics.all()[0].message.find(word) != std::string::npos);
  };
  refused(scenario, kept(Strategy::pct, 100, folder / "a"), "FT-CAM-002", "strategy is random, not pct");
  refused(scenario, kept(Strategy::random, 200, folder / "a"), "FT-CAM-002", "100 runs");
  CampaignOptions seeded = kept(Strategy::random, 100, folder / "a");
  seeded.plan.seed = 2;
  refused(scenario, seeded, "FT-CAM-002", "seed");
  refused(load(bad, {"clients.shoppers.count=7"}), kept(Strategy::random, 100, folder / "a"), "FT-CAM-002", "override");
  put(folder / "b", "something else\n");
  refused(scenario, kept(Strategy::random, 100, folder / "b"), "FT-CAM-001", "no campaign file");
  put(folder / "c", "flowtank-campaign 9\n");
  refused(scenario, kept(Strategy::random, 100, folder / "c"), "FT-CAM-001", "another version");
  refused(scenario, kept(Strategy::random, 100, folder / "no/such/folder"), "FT-CAM-001", "cannot open");
  refused(scenario, kept(Strategy::random, 100, "/dev/zero"), "FT-CAM-001", "no file");
  RecordFile held;
  std::string problem;
  REQUIRE(held.open(folder / "a", problem));
  refused(scenario, kept(Strategy::random, 100, folder / "a"), "FT-CAM-001", "is running");
  held.close();
  Diagnostics diagnostics;
  CHECK_FALSE(read_campaign_file("/dev/zero", diagnostics));
}

TEST_CASE("campaign_file.of_any_bytes_is_read_or_refused") {
  const Scenario scenario = load(bad);
  Folder folder;
  const std::string whole = said(scenario, sample(scenario, kept(Strategy::portfolio, 200, folder / "a")));
  const std::string text = content(folder / "a");
  for (std::uint64_t round = 0; round < 60; ++round) {
    std::string damaged = text;
    for (std::uint32_t n = 0; n <= round % 3; ++n) {
      damaged[below(draw(Seed{round}, Purpose("where"), Whose{0, n}), damaged.size())] = static_cast<char>(draw(Seed{round}, Purpose("what"), Whose{0, n}));
    }
    put(folder / "b", damaged);
    Diagnostics diagnostics;
    const auto result = check_by_campaign(scenario, shipped_brokers(), kept(Strategy::portfolio, 200, folder / "b"), diagnostics);
    INFO(round);
    CHECK(result.has_value() == diagnostics.ok());
    if (result) CHECK(said(scenario, *result) == whole);
  }
}

TEST_CASE("merge.of_all_shards_is_the_campaign_that_was_not_cut_byte_for_byte") {
  struct Case {
    Strategy strategy;
    std::uint32_t shards;
  };
  const Scenario scenario = load(bad);
  for (const Case& c : {Case{Strategy::random, 3}, Case{Strategy::random, 2}, Case{Strategy::pct, 5}, Case{Strategy::guided, 4}, Case{Strategy::portfolio, 2}}) {
    INFO(to_text(c.strategy) << " in " << c.shards);
    Folder folder;
    const std::string whole = said(scenario, sample(scenario, options(c.strategy, 500)));
    std::vector<Record> records;
    std::vector<std::string> files;
    Diagnostics diagnostics;
    for (std::uint32_t shard = c.shards; shard-- > 0;) {  // in any order
      CampaignOptions part = kept(c.strategy, 500, folder / std::to_string(shard));
      part.plan.shard = shard;
      part.plan.shards = c.shards;
      sample(scenario, part);
      files.push_back(part.file);
      records.push_back(*read_campaign_file(part.file, diagnostics));
    }
    auto merged = merge_campaigns(scenario, shipped_brokers(), records, files, diagnostics);
    REQUIRE(merged);
    CHECK(said(scenario, *merged) == whole);
    // A shard twice, or none of one.
    auto twice = records;
    twice.back() = records.front();
    CHECK_FALSE(merge_campaigns(scenario, shipped_brokers(), twice, files, diagnostics));
    CHECK(diagnostics.all().back().code == "FT-CAM-004");
    Diagnostics unread;
    records.pop_back();
    merged = merge_campaigns(scenario, shipped_brokers(), records, files, unread);
    REQUIRE(merged);
    CHECK(merged->campaign->stopped == "some shards are missing or not finished");
  }
}

// Kills a real process that samples, again and again; then lets one finish. Half of the kills come at a moment that is drawn,
// half after the file has grown by so many bytes, so that on a slow machine, too, they strike at all stages. Where a shard is
// killed, its file is what counts.
struct Killed {
  std::uint64_t kills = 0;
  std::uint64_t at_work = 0;  // of them: when there were runs in the file
};

Killed kill_again_and_again(const Scenario& scenario, const CampaignOptions& wishes, std::uint64_t kills) {
  Killed out;
  const auto size = [&wishes] {
    std::error_code none;
    const auto bytes = std::filesystem::file_size(wishes.file, none);
    return none ? std::uintmax_t{0} : bytes;
  };
  for (std::uint64_t round = 0; out.kills < kills && round < 4 * kills; ++round) {
    const std::uintmax_t before = size();
    const pid_t child = ::fork();
    REQUIRE(child >= 0);
    if (child == 0) {
      Diagnostics diagnostics;
      const auto result = check_by_campaign(scenario, shipped_brokers(), wishes, diagnostics);
      ::_exit(result ? 0 : 9);
    }
    const std::uint64_t drawn = draw(Seed{round}, Purpose("kill"), Whose{0, kills});
    if (round % 2 == 0) {
      ::usleep(static_cast<useconds_t>(below(drawn, 60'000)));
    } else {
      const std::uintmax_t until = before + 1 + below(drawn, 4'000);
      siginfo_t ended{};
      while (size() < until && ::waitid(P_PID, static_cast<id_t>(child), &ended, WEXITED | WNOHANG | WNOWAIT) == 0 && ended.si_pid == 0) ::usleep(100);
    }
    ::kill(child, SIGKILL);
    int status = 0;
    REQUIRE(::waitpid(child, &status, 0) == child);
    out.kills += WIFSIGNALED(status) ? 1 : 0;
    out.at_work += WIFSIGNALED(status) && content(wishes.file).find("\nblock ") != std::string::npos ? 1 : 0;
    if (WIFEXITED(status)) {
      CHECK(WEXITSTATUS(status) == 0);
      // It was done: begin anew, so that every kill strikes a campaign at work.
      std::filesystem::remove(wishes.file);
    }
  }
  return out;
}

struct Disturbed {
  Strategy strategy;
  std::uint64_t runs;
};

Scenario scenario_for(Strategy strategy) { return load(bad, {}, has_time(strategy) ? LoadPurpose::run : LoadPurpose::check); }

void kill_and_resume(const Disturbed& disturbed, unsigned threads, std::uint64_t kills) {
  INFO(to_text(disturbed.strategy) << " on " << threads << " threads");
  const Scenario scenario = scenario_for(disturbed.strategy);
  Folder folder;
  const std::string whole = said(scenario, sample(scenario, options(disturbed.strategy, disturbed.runs, 2)));
  CampaignOptions wishes = kept(disturbed.strategy, disturbed.runs, folder / "a");
  wishes.limits.threads = threads;
  const Killed killed = kill_again_and_again(scenario, wishes, kills);
  CHECK(killed.kills >= kills);
  CHECK(killed.at_work >= kills / 4);
  CHECK(said(scenario, sample(scenario, wishes)) == whole);
}

TEST_CASE("campaign.killed_50_times_and_resumed_equals_one_that_nothing_disturbed") {
  kill_and_resume({Strategy::random, 40'000}, 2, 50);
}

TEST_CASE("campaign.of_every_kind_killed_and_resumed_equals_one_that_nothing_disturbed") {
  for (const Disturbed& disturbed : {Disturbed{Strategy::random, 10'000}, Disturbed{Strategy::pct, 10'000}, Disturbed{Strategy::pos, 10'000}, Disturbed{Strategy::guided, 6'000},
                                     Disturbed{Strategy::portfolio, 8'000}, Disturbed{Strategy::timed, 4'000}, Disturbed{Strategy::swarm, 4'000}}) {
    for (const unsigned threads : {1U, 2U}) kill_and_resume(disturbed, threads, 8);
  }
}

TEST_CASE("campaign.of_every_kind_killed_50_times_and_resumed_equals_one_that_nothing_disturbed", "[.full]") {
  for (const Disturbed& disturbed : {Disturbed{Strategy::random, 200'000}, Disturbed{Strategy::pct, 100'000}, Disturbed{Strategy::pos, 100'000}, Disturbed{Strategy::guided, 40'000},
                                     Disturbed{Strategy::portfolio, 40'000}, Disturbed{Strategy::timed, 40'000}, Disturbed{Strategy::swarm, 40'000}}) {
    for (const unsigned threads : {1U, 2U}) kill_and_resume(disturbed, threads, 50);
  }
}

TEST_CASE("merge.of_shards_that_were_killed_and_resumed_is_the_campaign_that_was_not_cut") {
  for (const Disturbed& disturbed : {Disturbed{Strategy::random, 8'000}, Disturbed{Strategy::pct, 8'000}, Disturbed{Strategy::guided, 4'000}, Disturbed{Strategy::portfolio, 4'000},
                                     Disturbed{Strategy::timed, 4'000}, Disturbed{Strategy::swarm, 4'000}}) {
    INFO(to_text(disturbed.strategy));
    const Scenario scenario = scenario_for(disturbed.strategy);
    Folder folder;
    std::vector<Record> records;
    std::vector<std::string> files;
    Diagnostics diagnostics;
    for (std::uint32_t shard = 0; shard < 2; ++shard) {
      CampaignOptions part = kept(disturbed.strategy, disturbed.runs, folder / std::to_string(shard));
      part.plan.shard = shard;
      part.plan.shards = 2;
      part.limits.threads = shard + 1;
      CHECK(kill_again_and_again(scenario, part, 4).kills >= 4);
      sample(scenario, part);
      files.push_back(part.file);
      records.push_back(*read_campaign_file(part.file, diagnostics));
    }
    const auto merged = merge_campaigns(scenario, shipped_brokers(), records, files, diagnostics);
    REQUIRE(merged);
    CHECK(said(scenario, *merged) == said(scenario, sample(scenario, options(disturbed.strategy, disturbed.runs, 2))));
  }
}

}  // namespace
}  // namespace flowtank::campaign
