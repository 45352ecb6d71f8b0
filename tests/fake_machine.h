#pragma once

// A folder that stands for a machine's /: clocks and sensors as the kernel shows them, for tests.

#include <filesystem>
#include <fstream>
#include <map>
#include <sstream>
#include <string>
#include <vector>

#include "mosaic/power/sysfs.h"
#include "tests/support.h"

namespace mosaic::test {

class FakeMachine {
 public:
  [[nodiscard]] Sysfs sysfs() const { return Sysfs(root_.path()); }
  [[nodiscard]] std::filesystem::path root() const { return root_.path(); }

  /// Written in place, as the kernel's files change.
  void write(const std::string& file, const std::string& content) const {
    const auto path = root_ / file;
    std::filesystem::create_directories(path.parent_path());
    std::ofstream(path) << content;
  }
  [[nodiscard]] std::string read(const std::string& file) const {
    std::ostringstream content;
    content << std::ifstream(root_ / file).rdbuf();
    return content.str();
  }
  /// In one go, so that a process that reads meanwhile sees the old content or the new, as with the kernel.
  void replace(const std::string& file, const std::string& content) const {
    write(file + ".new", content);
    std::filesystem::rename(root_ / (file + ".new"), root_ / file);
  }
  void remove(const std::string& file) const { std::filesystem::remove_all(root_ / file); }

  /// A file that is another one, for example of /proc or /dev.
  void link(const std::string& file, const std::string& target) const {
    const auto path = root_ / file;
    std::filesystem::create_directories(path.parent_path());
    std::filesystem::remove(path);
    std::filesystem::create_symlink(target, path);
  }

  /// Every file with its content (of links: where they lead): two trees are the same if these are. As in the kernel, scaling_setspeed says nothing
  /// but under the governor 'userspace'.
  [[nodiscard]] std::map<std::string, std::string> tree() const {
    std::map<std::string, std::string> files;
    for (const auto& entry : std::filesystem::recursive_directory_iterator(root_.path())) {
      const std::string name = entry.path().lexically_relative(root_.path()).string();
      if (entry.is_symlink()) {
        files[name] = "-> " + std::filesystem::read_symlink(entry.path()).string();
      } else if (entry.is_regular_file()) {
        const auto governor = (entry.path().parent_path() / "scaling_governor").lexically_relative(root_.path()).string();
        const bool silent = entry.path().filename() == "scaling_setspeed" && read(governor) != "userspace\n";
        files[name] = silent ? "<unsupported>\n" : read(name);
      }
    }
    return files;
  }

  /// A cpufreq policy of the RK3399's kind, under 'schedutil' between 408 and `highest` MHz.
  void add_policy(int first, const std::vector<int>& cores, bool userspace = true, int highest = 1800) const {
    const std::string folder = policy(first);
    std::string list;
    for (const int core : cores) list += std::to_string(core) + " ";
    write(folder + "related_cpus", list + "\n");
    std::string clocks = "408000 600000 816000 1200000 ";
    if (highest > 1200) clocks += std::to_string(highest) + "000 ";
    write(folder + "scaling_available_frequencies", clocks + "\n");
    write(folder + "scaling_available_governors",
          std::string("conservative ondemand ") + (userspace ? "userspace " : "") + "performance schedutil \n");
    write(folder + "scaling_governor", "schedutil\n");
    write(folder + "scaling_setspeed", "<unsupported>\n");
    write(folder + "scaling_min_freq", "408000\n");
    write(folder + "scaling_max_freq", std::to_string(highest) + "000\n");
    write(folder + "scaling_cur_freq", "600000\n");
  }
  [[nodiscard]] static std::string policy(int first) { return "sys/devices/system/cpu/cpufreq/policy" + std::to_string(first) + "/"; }

  /// A GPU under devfreq between 200 and 800 MHz.
  void add_devfreq(const std::string& name = "ff9a0000.gpu") const {
    const std::string folder = "sys/class/devfreq/" + name + "/";
    write(folder + "available_frequencies", "200000000 297000000 400000000 800000000\n");
    write(folder + "available_governors", "simple_ondemand performance\n");
    write(folder + "governor", "simple_ondemand\n");
    write(folder + "min_freq", "200000000\n");
    write(folder + "max_freq", "800000000\n");
    write(folder + "cur_freq", "200000000\n");
  }

  /// A zone of powercap: "intel-rapl:0" with the name "package-0".
  void add_zone(const std::string& zone, const std::string& name, std::int64_t microjoules, std::int64_t range = 262'143'328'850) const {
    const std::string folder = "sys/class/powercap/" + zone + "/";
    write(folder + "name", name + "\n");
    write(folder + "energy_uj", std::to_string(microjoules) + "\n");
    write(folder + "max_energy_range_uj", std::to_string(range) + "\n");
  }
  void count(const std::string& zone, std::int64_t microjoules) const {
    write("sys/class/powercap/" + zone + "/energy_uj", std::to_string(microjoules) + "\n");
  }

 private:
  TemporaryFolder root_;
};

}  // namespace mosaic::test
