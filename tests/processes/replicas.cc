#include "tests/processes/replicas.h"

#include <signal.h>

#include <chrono>
#include <cstdlib>
#include <filesystem>
#include <thread>
#include <utility>

namespace lockstep::tests {

ReplicaLine ParseReplicaLine(const std::string& line) {
  ReplicaLine parsed;
  const size_t first = line.find(' ');
  const size_t second = line.find(' ', first + 1);
  if (first == std::string::npos || second == std::string::npos) return parsed;
  parsed.id = std::strtoull(line.c_str(), nullptr, 10);
  parsed.reply = {line.substr(first + 1, second - first - 1), line.substr(second + 1)};
  return parsed;
}

Replicas::Replicas(Options options) : options_(std::move(options)) {
  std::filesystem::remove_all(options_.folder);
  std::filesystem::create_directories(options_.folder);
  for (const int port : FreePorts(kCount)) listen_.push_back("127.0.0.1:" + std::to_string(port));
  routes_.assign(kCount, listen_);
  for (uint32_t from = 1; options_.route != nullptr && from <= kCount; ++from) {
    for (uint32_t to = 1; to <= kCount; ++to) {
      if (from != to) routes_[from - 1][to - 1] = options_.route(from, to, listen_[to - 1]);
    }
  }
}

void Replicas::Start(uint32_t number) {
  const std::string name = std::to_string(number);
  std::vector<std::string> arguments = {options_.program,
                                        "replica",
                                        name,
                                        options_.folder + "/" + name,
                                        std::to_string(options_.election_micros),
                                        std::to_string(options_.snapshot_bytes),
                                        listen_[number - 1]};
  const std::vector<std::string>& routes = routes_[number - 1];
  arguments.insert(arguments.end(), routes.begin(), routes.end());
  processes_[number - 1] = std::make_unique<Process>(arguments);
}

void Replicas::StartAll() {
  for (uint32_t number = 1; number <= kCount; ++number) Start(number);
}

void Replicas::Kill(uint32_t number) {
  processes_[number - 1]->Signal(SIGKILL);
  processes_[number - 1]->Wait();
  processes_[number - 1].reset();
}

Reply Replicas::Ask(uint32_t number, const std::string& question, double seconds_max) {
  using Clock = std::chrono::steady_clock;
  Process* process = processes_[number - 1].get();
  if (process == nullptr) return {};
  const uint64_t id = ++last_id_;
  process->Write(std::to_string(id) + " " + question + "\n");
  const auto begin = Clock::now();
  while (true) {
    const double left = seconds_max - std::chrono::duration<double>(Clock::now() - begin).count();
    const auto line = process->ReadLine(left);
    if (!line.has_value()) return {};
    ReplicaLine parsed = ParseReplicaLine(*line);
    if (parsed.id == id) return std::move(parsed.reply);
    if (parsed.id == 0) news_[number - 1].push_back(parsed.reply.word + " " + parsed.reply.text);
  }
}

uint32_t Replicas::AwaitLeader(double seconds_max) {
  for (double waited = 0; waited < seconds_max; waited += 0.01) {
    for (uint32_t number = 1; number <= kCount; ++number) {
      if (Ask(number, "put leader " + std::to_string(number)).ok()) return number;
    }
    std::this_thread::sleep_for(std::chrono::milliseconds(10));
  }
  return 0;
}

}  // namespace lockstep::tests
