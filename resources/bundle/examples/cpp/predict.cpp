// predict MODEL LABELS IMAGE…
#include <algorithm>
#include <array>
#include <filesystem>
#include <fstream>
#include <iomanip>
#include <iostream>
#include <numeric>
#include <string>
#include <vector>

#include <onnxruntime_cxx_api.h>
#include <opencv2/imgcodecs.hpp>
#include <opencv2/imgproc.hpp>

// Read a picture as 8-bit RGB, turned upright, and laid on white where it is transparent.
cv::Mat readRgb(const std::string& path) {
  cv::Mat image = cv::imread(path, cv::IMREAD_UNCHANGED), rgb;
  if (image.type() != CV_8UC4) {
    image = cv::imread(path, cv::IMREAD_COLOR);
    if (!image.empty()) cv::cvtColor(image, rgb, cv::COLOR_BGR2RGB);
    return rgb;
  }
  rgb.create(image.size(), CV_8UC3);
  for (int at = 0; at < int(image.total()); ++at) {
    const auto& from = image.at<cv::Vec4b>(at / image.cols, at % image.cols);
    auto& to = rgb.at<cv::Vec3b>(at / image.cols, at % image.cols);
    for (int colour = 0; colour < 3; ++colour) {
      to[colour] = uchar((from[2 - colour] * from[3] + 255 * (255 - from[3]) + 127) / 255);
    }
  }
  return rgb;
}

int main(int count, char** arguments) {
  if (count < 4) {
    std::cerr << "predict MODEL LABELS IMAGE...\n";
    return 2;
  }
  std::vector<std::string> labels;
  std::ifstream names(arguments[2]);
  for (std::string line; std::getline(names, line);) labels.push_back(line);
  std::vector<size_t> order(labels.size());
  std::iota(order.begin(), order.end(), 0);

  Ort::Env environment(ORT_LOGGING_LEVEL_ERROR);
  Ort::Session session(environment, std::filesystem::path(arguments[1]).c_str(), Ort::SessionOptions{});
  const char* inputs[] = {"image"};
  const char* outputs[] = {"probabilities"};
  const auto memory = Ort::MemoryInfo::CreateCpu(OrtArenaAllocator, OrtMemTypeDefault);

  for (int number = 3; number < count; ++number) {
    cv::Mat image = readRgb(arguments[number]);
    if (image.empty()) {
      std::cerr << arguments[number] << " cannot be read\n";
      return 1;
    }
    const std::array<int64_t, 4> shape{1, image.rows, image.cols, 3};
    Ort::Value tensor = Ort::Value::CreateTensor<uint8_t>(memory, image.data, image.total() * 3, shape.data(), shape.size());
    auto answer = session.Run(Ort::RunOptions{}, inputs, &tensor, 1, outputs, 1);
    const float* probabilities = answer[0].GetTensorData<float>();
    std::sort(order.begin(), order.end(), [&](size_t a, size_t b) { return probabilities[a] > probabilities[b]; });
    std::cout << arguments[number] << std::fixed << std::setprecision(4);
    for (size_t place = 0; place < std::min<size_t>(3, order.size()); ++place) {
      std::cout << (place ? ", " : " ") << labels[order[place]] << " " << probabilities[order[place]];
    }
    std::cout << "\n";
  }
}
