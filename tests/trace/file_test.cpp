// SPDX-License-Identifier: Apache-2.0
// Trace files: what was recorded comes back, equal runs give equal bytes, and no file makes the reader crash: cut at every
// byte, with every bit flipped, left by a killed writer, of another version.
#include <catch2/catch.hpp>

#include <fcntl.h>
#include <signal.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <string>
#include <thread>

#include <fmt/format.h>

#include <sim/trace/compare.hpp>
#include <sim/trace/file_records.hpp>
#include <sim/trace/reader.hpp>

#include "tests/trace/recorded_run.hpp"

namespace flowtank {
namespace {

namespace fs = std::filesystem;
using trace_format::Bytes;

// A folder of its own that disappears.
class Folder {
 public:
  Folder() {
    std::string name = (fs::temp_directory_path() / "flowtank-trace-XXXXXX").string();
    path_ = ::mkdtemp(name.data());
  }
  ~Folder() { fs::remove_all(path_); }
  std::string file(const std::string& name) const { return (path_ / name).string(); }

 private:
  fs::path path_;
};

// Looks at everything a file offers; what comes back does not matter, that it comes back does.
std::size_t look_at_all(const TraceReader& reader) {
  const FileRecords records(reader);
  std::size_t seen = 0;
  for (std::size_t id = 0; id < records.size(); ++id) {
    const Record record = records[id];
    seen += to_text(records.pool().value(record.subject)).size() + (record.parent == no_record ? 0 : 1);
  }
  if (records.size() != 0) {
    for (const std::size_t id : {std::size_t{0}, records.size() / 2, records.size() - 1}) {
      for (const HeldValue& held : reader.state_at(static_cast<RecordId>(id))) {
        seen += to_text(records.pool().value(records.word(reader.component(held.component).key))).size();
        seen += to_text(records.pool().value(records.word(held.value))).size();
      }
    }
  }
  for (std::uint32_t c = 0; c < std::min(reader.components(), 50U); ++c) seen += reader.changes_of(c).size();
  reader.verify();
  return seen;
}

TEST_CASE("file.the_checksum_is_xxh64") {
  const auto of = [](std::string_view text) { return trace_format::checksum(std::as_bytes(std::span(text.data(), text.size()))); };
  CHECK(of("") == 0xef46db3751d8e999ULL);
  CHECK(of("a") == 0xd24ec4f1a98c6e5bULL);
  CHECK(of("abc") == 0x44bc2cf5ad770999ULL);
  CHECK(of("Nobody inspects the spammish repetition") == 0xfbcea83c8a378bf1ULL);
}

TEST_CASE("file.what_was_recorded_comes_back") {
  const auto system = test::troubled_system(400);
  for (const TraceLevel level : {TraceLevel::outcome, TraceLevel::normal, TraceLevel::full}) {
    INFO(to_text(level));
    const auto world = test::world_of(*system);
    const auto bytes = test::recorded_file(*world, level);
    const auto again = test::world_of(*system);
    Trace trace(TraceScope::of(level));
    again->record_into(&trace);
    again->reset(1);
    while (again->advance(Time::never())) {}
    Diagnostics diagnostics;
    const auto reader = TraceReader::of_bytes(bytes, "run", diagnostics);
    REQUIRE(reader != nullptr);
    CHECK(diagnostics.all().empty());
    REQUIRE(reader->end().has_value());
    CHECK(reader->end()->fingerprint == again->run_fingerprint());
    CHECK(reader->identity().level == level);
    CHECK(reader->identity().scenario == Hash128{1, 2});
    CHECK(reader->names().services.size() == system->services.size());
    CHECK(reader->names().tables[0].columns.size() == system->tables[0].columns.size());
    REQUIRE(reader->size() == trace.size());
    const FileRecords records(*reader);
    const auto difference = first_difference(trace, again->pool(), records, records.pool());
    CHECK_FALSE(difference.has_value());
    CHECK(reader->verify());
  }
}

TEST_CASE("file.times_are_found_by_search") {
  const auto system = test::troubled_system(400);
  const auto world = test::world_of(*system);
  const auto bytes = test::recorded_file(*world, TraceLevel::normal);
  Diagnostics diagnostics;
  const auto reader = TraceReader::of_bytes(bytes, "run", diagnostics);
  REQUIRE(reader != nullptr);
  const Time middle = reader->record(static_cast<RecordId>(reader->size() / 2)).time;
  std::size_t expected = 0;
  while (expected < reader->size() && reader->record(static_cast<RecordId>(expected)).time <= middle) ++expected;
  CHECK(reader->count_until(middle) == expected);
  CHECK(reader->count_until(Time(-1)) == 0);
  CHECK(reader->count_until(Time::never()) == reader->size());
}

// A World that has run before knows contents under other numbers; nothing of that is in the file.
TEST_CASE("file.equal_runs_give_equal_bytes") {
  const auto system = test::troubled_system(300);
  const auto world = test::world_of(*system);
  const auto once = test::recorded_file(*world, TraceLevel::full, 3);
  test::recorded_file(*world, TraceLevel::normal, 4);
  const auto twice = test::recorded_file(*world, TraceLevel::full, 3);
  CHECK(once == twice);
  const auto other = test::recorded_file(*world, TraceLevel::full, 5);
  CHECK(once != other);
}

// Records made here, so that only the format can change the number; a new one needs a new version in FORMAT.md.
TEST_CASE("file.the_bytes_are_the_same_in_every_build") {
  Pool pool;
  ChunkEncoder encoder(pool);
  struct Sink final : ChunkSink {
    explicit Sink(ChunkEncoder& e) : encoder(e) {}
    void chunk(const RawChunk& chunk) override { encoder.encode(chunk); }
    ChunkEncoder& encoder;
  } sink(encoder);
  Trace trace(TraceScope::of(TraceLevel::full));
  trace.stream_to(&sink);
  for (std::uint32_t n = 0; n < chunk_records + 100; ++n) {
    trace.begin_action();
    Record& r = trace.append();
    r.time = Time(std::int64_t{n} * 1'000'003);
    r.kind = static_cast<RecordKind>(n % record_kinds);
    r.service = static_cast<std::uint16_t>(n % 3);
    r.place = n % 7 == 0 ? 0xffffffffU : n % 300;
    r.key = pool.intern_string("key " + std::to_string(n % 50));
    const Word fields[] = {r.key, Pool::of_int_small(static_cast<std::int64_t>(n) - 2000), pool.intern(Value::of_real(0.1 * n)), Pool::of_null()};
    r.detail = n % 2 == 0 ? pool.intern_record(5, fields) : pool.intern_list(fields);
    r.parent = n == 0 ? no_record : n - 1 - n % 17 % n;
    trace.change({StateKind::row, 0, n % 4, r.key}, n % 9 == 0 ? absent_word : r.detail);
  }
  trace.finish();
  CHECK(fmt::format("{:016x}", encoder.progress().running) == "e299d6422d0a8e3b");
}

TEST_CASE("file.a_record_takes_less_than_64_bytes_beside_its_payload") {
  const auto system = test::troubled_system(3000);
  const auto world = test::world_of(*system);
  LiveTrace live(test::identity_of(TraceLevel::normal, 1), names_of(*world), world->pool());
  const TraceEnd end = test::run_into(*world, TraceLevel::normal, live);
  const auto bytes = live.file(end);
  Diagnostics diagnostics;
  const auto reader = TraceReader::of_bytes(bytes, "run", diagnostics);
  REQUIRE(reader != nullptr);
  std::size_t payload = 0;
  for (std::uint32_t value = 1; value <= reader->values(); ++value) payload += reader->value_bytes(value).size();
  const double each = static_cast<double>(bytes.size() - payload) / static_cast<double>(reader->size());
  INFO(each << " bytes a record and " << static_cast<double>(payload) / static_cast<double>(reader->size()) << " of payload");
  CHECK(each < 40);
}

TEST_CASE("hostile.a_file_cut_at_any_byte_is_read_as_far_as_it_goes") {
  const auto system = test::troubled_system(2);
  const auto world = test::world_of(*system);
  const auto bytes = test::recorded_file(*world, TraceLevel::full);
  Diagnostics whole;
  const auto complete = TraceReader::of_bytes(bytes, "whole", whole);
  REQUIRE(complete != nullptr);
  REQUIRE(complete->chunks().size() == 1);
  const std::size_t chunk_end = complete->chunks()[0].offset + complete->chunks()[0].bytes;
  std::size_t opened = 0;
  for (std::size_t size = 0; size < bytes.size(); ++size) {
    const std::vector<std::byte> cut(bytes.begin(), bytes.begin() + static_cast<std::ptrdiff_t>(size));
    Diagnostics diagnostics;
    const auto reader = TraceReader::of_bytes(cut, "cut", diagnostics);
    INFO("cut to " << size << " of " << bytes.size());
    REQUIRE(diagnostics.all().size() == 1);
    if (reader == nullptr) {
      REQUIRE(diagnostics.errors() == 1);
      continue;
    }
    ++opened;
    REQUIRE(diagnostics.warnings() == 1);
    REQUIRE_FALSE(reader->end().has_value());
    REQUIRE(reader->size() == (size < chunk_end ? 0 : complete->size()));
    if (size % 7 == 0) look_at_all(*reader);
    REQUIRE_FALSE(reader->verify());
  }
  CHECK(opened > 1000);
}

TEST_CASE("hostile.a_flipped_bit_is_noticed_and_never_crashes") {
  const auto system = test::troubled_system(2);
  const auto world = test::world_of(*system);
  auto bytes = test::recorded_file(*world, TraceLevel::full);
  std::size_t noticed = 0, tried = 0;
  for (std::size_t at = 0; at < bytes.size(); ++at) {
    const unsigned bit = static_cast<unsigned>(at * 5) % 8;
    bytes[at] ^= std::byte{1} << bit;
    Diagnostics diagnostics;
    const auto reader = TraceReader::of_bytes(bytes, "flipped", diagnostics);
    ++tried;
    const bool fine = reader != nullptr && diagnostics.all().empty() && reader->verify();
    noticed += fine ? 0 : 1;
    if (reader != nullptr && at % 11 == 0) look_at_all(*reader);
    // The minor version is no error: newer ones are read.
    INFO("byte " << at << " of " << bytes.size());
    if (fine) CHECK((at == 10 || at == 11));
    bytes[at] ^= std::byte{1} << bit;
  }
  CHECK(noticed + 2 >= tried);
}

// A checksum keeps accidents out, not intent: here the chunk is signed again after each change.
TEST_CASE("hostile.a_changed_and_signed_chunk_is_read_without_a_crash") {
  const auto system = test::troubled_system(2);
  const auto world = test::world_of(*system);
  const auto original = test::recorded_file(*world, TraceLevel::full);
  Diagnostics ignored;
  const auto complete = TraceReader::of_bytes(original, "whole", ignored);
  REQUIRE(complete != nullptr);
  const ChunkPlace place = complete->chunks()[0];
  const auto header = static_cast<std::size_t>(place.offset);
  const std::size_t directory = trace_format::chunk_header_bytes + trace_format::columns * trace_format::column_entry_bytes;
  std::size_t accepted = 0;
  for (std::size_t at = 16; at < std::min<std::size_t>(place.bytes, directory + 2000); ++at) {
    for (const unsigned value : {0U, 1U, 0x7fU, 0xffU}) {
      auto bytes = original;
      bytes[header + at] = static_cast<std::byte>(value);
      trace_format::put(bytes.data() + header + 8, trace_format::checksum(Bytes(bytes).subspan(header + 16, place.bytes - 16)));
      Diagnostics diagnostics;
      const auto reader = TraceReader::of_bytes(bytes, "signed", diagnostics);
      REQUIRE(reader != nullptr);
      accepted += reader->readable(0) ? 1 : 0;
      look_at_all(*reader);
    }
  }
  CHECK(accepted > 1000);  // or this test looks at nothing
}

TEST_CASE("hostile.other_files_and_versions_are_refused_in_words") {
  const auto system = test::troubled_system(1);
  const auto world = test::world_of(*system);
  auto bytes = test::recorded_file(*world, TraceLevel::normal);
  const auto refusal = [](Bytes file) {
    Diagnostics diagnostics;
    return TraceReader::of_bytes(file, "f", diagnostics) == nullptr ? diagnostics.all().front().code : std::string();
  };
  CHECK(refusal({}) == "FT-TRACE-001");
  const std::string text = "{\"flowtank_trace\": 1}\n";
  CHECK(refusal(std::as_bytes(std::span(text.data(), text.size()))) == "FT-TRACE-001");
  trace_format::put(bytes.data() + 10, std::uint16_t{7});  // a newer minor version
  CHECK(refusal(bytes).empty());
  trace_format::put(bytes.data() + 8, std::uint16_t{2});   // a newer major version
  CHECK(refusal(bytes) == "FT-TRACE-002");
  Diagnostics diagnostics;
  CHECK(TraceReader::open("/nowhere/to/be/found.ftrace", diagnostics) == nullptr);
  CHECK(diagnostics.all().front().code == "FT-FILE-001");
}

TEST_CASE("writer.a_killed_writer_leaves_every_whole_chunk") {
  const Folder folder;
  const std::string path = folder.file("killed.ftrace");
  const auto system = test::troubled_system(100'000);
  const pid_t child = ::fork();
  REQUIRE(child >= 0);
  if (child == 0) {
    const auto world = test::world_of(*system);
    std::string error;
    const auto writer = TraceWriter::create(path, test::identity_of(TraceLevel::normal, 1), names_of(*world), world->pool(), error);
    if (writer != nullptr) test::run_into(*world, TraceLevel::normal, *writer);
    ::pause();  // should it be so fast: it waits to be killed before it writes its end
    ::_exit(0);
  }
  struct stat status {};
  while (::stat(path.c_str(), &status) != 0 || status.st_size < 2'000'000) ::usleep(1000);
  ::kill(child, SIGKILL);
  int how = 0;
  ::waitpid(child, &how, 0);
  REQUIRE(WIFSIGNALED(how));

  Diagnostics diagnostics;
  const auto reader = TraceReader::open(path, diagnostics);
  REQUIRE(reader != nullptr);
  REQUIRE(diagnostics.all().size() == 1);
  CHECK(diagnostics.all().front().code == "FT-TRACE-003");
  CHECK_FALSE(reader->end().has_value());
  REQUIRE(reader->size() > 10'000);
  // What it holds is the beginning of the run.
  const auto world = test::world_of(*system);
  Trace trace(TraceScope::of(TraceLevel::normal));
  world->record_into(&trace);
  world->reset(1);
  while (trace.size() < reader->size() && world->advance(Time::never())) {}
  const FileRecords records(*reader);
  const auto difference = first_difference(records, records.pool(), trace, world->pool());
  CHECK((!difference.has_value() || difference->record == reader->size()));
}

TEST_CASE("writer.a_trace_that_somebody_reads_is_not_cut_off_by_a_new_one") {
  const Folder folder;
  const std::string path = folder.file("again.ftrace"), link = folder.file("link.ftrace");
  const auto system = test::troubled_system(50);
  const auto write = [&](const std::string& to, std::uint64_t seed) {
    const auto world = test::world_of(*system);
    std::string error;
    const auto writer = TraceWriter::create(to, test::identity_of(TraceLevel::normal, seed), names_of(*world), world->pool(), error);
    REQUIRE(writer != nullptr);
    CHECK_FALSE(writer->finish(test::run_into(*world, TraceLevel::normal, *writer)).has_value());
  };
  write(path, 1);
  REQUIRE(::chmod(path.c_str(), 0640) == 0);
  REQUIRE(::symlink(path.c_str(), link.c_str()) == 0);
  Diagnostics diagnostics;
  const auto reader = TraceReader::open(path, diagnostics);
  REQUIRE(reader != nullptr);
  write(link, 2);
  CHECK(reader->verify());
  CHECK(reader->identity().seed == 1);
  const auto again = TraceReader::open(path, diagnostics);
  REQUIRE(again != nullptr);
  CHECK(again->identity().seed == 2);
  struct stat status {};
  REQUIRE(::stat(path.c_str(), &status) == 0);
  CHECK((status.st_mode & 0777) == 0640);
}

TEST_CASE("writer.a_full_disk_is_a_sentence") {
  const auto system = test::troubled_system(1);
  const auto world = test::world_of(*system);
  std::string error;
  CHECK(TraceWriter::create("/dev/full", test::identity_of(TraceLevel::normal, 1), names_of(*world), world->pool(), error) == nullptr);
  CHECK(error == "cannot write /dev/full: No space left on device");
  CHECK(TraceWriter::create("/nowhere/x.ftrace", test::identity_of(TraceLevel::normal, 1), names_of(*world), world->pool(), error) == nullptr);
}

// A limit on the size of files stands for a disk that fills up in the middle of a run.
TEST_CASE("writer.a_disk_that_fills_up_leaves_whole_chunks_and_no_end") {
  const Folder folder;
  const std::string path = folder.file("full.ftrace");
  const auto system = test::troubled_system(5000);
  const pid_t child = ::fork();
  REQUIRE(child >= 0);
  if (child == 0) {
    ::signal(SIGXFSZ, SIG_IGN);
    const struct rlimit limit { 400'000, 400'000 };
    ::setrlimit(RLIMIT_FSIZE, &limit);
    const auto world = test::world_of(*system);
    std::string error;
    const auto writer = TraceWriter::create(path, test::identity_of(TraceLevel::normal, 1), names_of(*world), world->pool(), error);
    if (writer == nullptr) ::_exit(2);
    const TraceEnd end = test::run_into(*world, TraceLevel::normal, *writer);
    const auto problem = writer->finish(end);
    ::_exit(problem && problem->find("cannot write") == 0 && writer->failed() ? 0 : 1);
  }
  int how = 0;
  ::waitpid(child, &how, 0);
  CHECK(WIFEXITED(how));
  CHECK(WEXITSTATUS(how) == 0);
  Diagnostics diagnostics;
  const auto reader = TraceReader::open(path, diagnostics);
  REQUIRE(reader != nullptr);
  CHECK(diagnostics.all().size() == 1);
  CHECK_FALSE(reader->end().has_value());
  CHECK(reader->size() > chunk_records);
  CHECK(reader->size() % chunk_records == 0);
}

TEST_CASE("live.a_view_on_another_thread_follows_the_run") {
  const auto system = test::troubled_system(4000);
  const auto world = test::world_of(*system);
  LiveTrace live(test::identity_of(TraceLevel::full, 1), names_of(*world), world->pool());
  std::atomic<bool> over = false;
  std::size_t looked = 0, bad = 0;
  std::thread view([&] {
    const auto reader = TraceReader::follow(live);
    const FileRecords records(*reader);
    std::size_t at = 0;
    bool last = false;
    while (!last) {
      last = over;
      reader->refresh();
      for (; at < reader->size(); at += 97) {
        const Record record = records[at];
        ++looked;
        bad += record.subject != absent_word && to_text(records.pool().value(record.subject)).empty() ? 1 : 0;
      }
    }
    bad += reader->problems().errors();
    bad += reader->state_at(static_cast<RecordId>(reader->size() - 1)).empty() ? 1 : 0;
  });
  test::run_into(*world, TraceLevel::full, live);
  over = true;
  view.join();
  CHECK(looked > 100);
  CHECK(bad == 0);
}

}  // namespace
}  // namespace flowtank
