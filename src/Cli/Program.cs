System.Console.WriteLine("hypervex");
