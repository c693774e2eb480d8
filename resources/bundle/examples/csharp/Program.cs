// dotnet run -- IMAGE…
using Microsoft.ML.OnnxRuntime;
using Microsoft.ML.OnnxRuntime.Tensors;
using SixLabors.ImageSharp;
using SixLabors.ImageSharp.PixelFormats;
using SixLabors.ImageSharp.Processing;

var bundle = Path.GetFullPath(Path.Combine(Directory.GetCurrentDirectory(), "..", ".."));
var labels = File.ReadAllLines(Path.Combine(bundle, "labels.txt"));
using var session = new InferenceSession(Path.Combine(bundle, "model.onnx"));
foreach (var path in args)
{
    using var loaded = Image.Load<Rgba32>(path);
    loaded.Mutate(context => context.AutoOrient().BackgroundColor(Color.White)); // upright, and on white where transparent
    using var image = loaded.CloneAs<Rgb24>();
    var pixels = new byte[image.Width * image.Height * 3];
    image.CopyPixelDataTo(pixels);
    var input = new DenseTensor<byte>(pixels, new[] { 1, image.Height, image.Width, 3 });
    using var results = session.Run(new[] { NamedOnnxValue.CreateFromTensor("image", input) }, new[] { "probabilities" });
    var probabilities = results.First().AsEnumerable<float>().ToArray();
    var best = probabilities.Select((value, index) => (value, index)).OrderByDescending(one => one.value).Take(3);
    Console.WriteLine($"{path} {string.Join(", ", best.Select(one => $"{labels[one.index]} {one.value:F4}"))}");
}
