// Measures hnswlib on the files that `Hypervex.Bench export` writes, in the same way as Program.cs measures Hypervex.
// g++ -O3 -march=native -std=c++17 -pthread hnswlib.cpp -o hnswlib && ./hnswlib DIR DIMENSION l2|ip THREADS M EFS
#include <hnswlib/hnswlib.h>

#include <algorithm>
#include <atomic>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <fstream>
#include <string>
#include <thread>
#include <vector>

template <typename T>
static std::vector<T> Read(const std::string& path) {
  std::ifstream file(path, std::ios::binary | std::ios::ate);
  std::vector<T> values(static_cast<size_t>(file.tellg()) / sizeof(T));
  file.seekg(0);
  file.read(reinterpret_cast<char*>(values.data()), static_cast<std::streamsize>(values.size() * sizeof(T)));
  return values;
}

static double Seconds(std::chrono::steady_clock::time_point since) {
  return std::chrono::duration<double>(std::chrono::steady_clock::now() - since).count();
}

int main(int argc, char** argv) {
  if (argc < 7) return 2;
  const std::string directory = argv[1];
  const size_t dimension = std::stoul(argv[2]), k = 10;
  const bool ip = std::string(argv[3]) == "ip";
  const int threads = std::stoi(argv[4]), m = std::stoi(argv[5]);
  const double minSeconds = getenv("BENCH_SECONDS") ? atof(getenv("BENCH_SECONDS")) : 1;
  auto base = Read<float>(directory + "/base.f32"), queries = Read<float>(directory + "/queries.f32");
  auto truth = Read<int>(directory + "/truth10.i32");
  const size_t n = base.size() / dimension, q = truth.size() / k;
  hnswlib::L2Space l2(dimension);
  hnswlib::InnerProductSpace inner(dimension);
  hnswlib::SpaceInterface<float>* space = ip ? static_cast<hnswlib::SpaceInterface<float>*>(&inner) : &l2;
  hnswlib::HierarchicalNSW<float> index(space, n, m, 200, 1);
  auto start = std::chrono::steady_clock::now();
  index.addPoint(base.data(), 0);
  std::atomic<size_t> next{1};
  std::vector<std::thread> builders;
  for (int t = 0; t < threads; t++)
    builders.emplace_back([&] {
      for (size_t i; (i = next++) < n;) index.addPoint(base.data() + i * dimension, i);
    });
  for (auto& builder : builders) builder.join();
  printf("hnswlib: %zu x %zu, m=%d, %d threads: built %.2f s\n", n, dimension, m, threads, Seconds(start));
  std::string efs = argv[6];
  for (size_t at = 0; at < efs.size();) {
    const size_t ef = std::stoul(efs.substr(at));
    at = std::min(efs.find(',', at), efs.size() - 1) + 1;
    index.setEf(ef);
    size_t found = 0, searches = 0;
    for (size_t i = 0; i < q; i++) {
      auto result = index.searchKnn(queries.data() + i * dimension, k);
      for (; !result.empty(); result.pop())
        found += std::count(truth.begin() + i * k, truth.begin() + (i + 1) * k, static_cast<int>(result.top().second));
    }
    start = std::chrono::steady_clock::now();
    while (Seconds(start) < minSeconds) {
      for (size_t i = 0; i < q; i++) index.searchKnn(queries.data() + i * dimension, k);
      searches += q;
    }
    printf("  ef %4zu: recall %.4f, %8.0f q/s\n", ef, static_cast<double>(found) / (q * k), searches / Seconds(start));
  }
}
