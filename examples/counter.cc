// A counter on three machines: every line read is a number to add, and the total is the same on all of them.
//
//   counter 1 FOLDER HOST1:PORT HOST2:PORT HOST3:PORT     (and with 2 and 3 on the others)
#include <iostream>
#include <string>

#include "runtime/machine/text_source.h"
#include "runtime/node/node_thread.h"

namespace runtime = lockstep::runtime;

class Counter final : public runtime::StateMachine {
 public:
  void Apply(std::span<const runtime::Command> commands, std::vector<std::string>& replies) override {
    for (const runtime::Command& command : commands) {
      total_ += std::atoll(std::string(command.bytes).c_str());
      replies.push_back(std::to_string(total_));
    }
  }
  absl::StatusOr<std::string> Lookup(std::string_view) override { return std::to_string(total_); }
  std::unique_ptr<runtime::SnapshotSource> Freeze() override {
    return std::make_unique<runtime::TextSource>(std::to_string(total_));
  }
  absl::Status Restore(runtime::SnapshotSource& source) override {
    const auto text = runtime::ReadToEnd(source);
    if (text.ok()) total_ = std::atoll(text->c_str());
    return text.status();
  }

 private:
  long long total_ = 0;
};

int main(int argc, char** argv) {
  if (argc < 4) {
    std::cerr << "usage: counter NUMBER FOLDER HOST1:PORT [HOST2:PORT ...]\n";
    return 2;
  }
  runtime::NodeOptions options;
  options.cluster = 0x636f756e746572;  // Any number, the same on all nodes.
  options.id = {static_cast<uint32_t>(std::atoi(argv[1])), 0};
  options.directory = argv[2];
  options.founding.emplace();
  for (int i = 3; i < argc; ++i) {
    const lockstep::NodeId member{static_cast<uint32_t>(i - 2), 0};
    options.founding->voters.insert(member);
    options.addresses[member] = argv[i];
    if (member == options.id) options.listen_address = argv[i];
  }
  Counter counter;
  const auto node = runtime::NodeThread::Start(options, counter, nullptr);
  if (!node.ok()) return std::cerr << node.status() << "\n", 1;
  for (std::string line; std::getline(std::cin, line);) {
    const runtime::Answer answer = line == "?" ? (*node)->Read("", runtime::ReadLevel::kLinearizable, 5'000'000)
                                               : (*node)->Propose(line, 5'000'000);
    std::cout << (answer.status.ok() ? answer.reply : std::string(answer.status.message())) << std::endl;
  }
}
