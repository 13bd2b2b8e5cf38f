// One test at a time: the memory that a transfer takes is measured for the whole process, and races are made inside single tests.
[assembly: CollectionBehavior(DisableTestParallelization = true)]
